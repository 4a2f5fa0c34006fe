"""The frames of a run, evenly thinned: a long training fits in memory, and a recording shows all of it."""

from __future__ import annotations

from ai_from_scratch.stage.demo import Frame

FEWEST_MOMENTS = 5  # moments of a scene in a recording, if it has so many


class FrameBuffer:
    """Keeps at most `limit` frames of each scene, evenly spaced; the latest frame is always kept."""

    def __init__(self, limit: int = 240) -> None:
        self.limit = limit
        self.scenes: list[list[Frame]] = []   # in order of appearance; a scene holds the frames of one class
        self._stride = 1
        self._seen = 0                        # frames of the present scene
        self._latest_is_extra = False         # the latest frame is between two strides: the next frame replaces it

    def add(self, frame: Frame) -> None:
        if not self.scenes or type(self.scenes[-1][-1]) is not type(frame):
            self.scenes.append([])
            self._stride, self._seen, self._latest_is_extra = 1, 0, False
        scene = self.scenes[-1]
        if self._latest_is_extra:
            scene.pop()
        self._latest_is_extra = self._seen % self._stride != 0
        scene.append(frame)
        self._seen += 1
        if len(scene) > self.limit:           # drop every second frame, and keep every second one from now on
            self._stride *= 2
            del scene[1::2]
            if scene[-1] is not frame:
                scene.append(frame)
            self._latest_is_extra = (self._seen - 1) % self._stride != 0

    @property
    def scene(self) -> list[Frame]:
        """The frames of the present scene, first to latest."""
        return self.scenes[-1] if self.scenes else []

    @property
    def kept(self) -> int:
        """The number of frames in all scenes."""
        return sum(map(len, self.scenes))

    def moment(self, number: int) -> tuple[int, list[Frame]]:
        """For the kept frame with this number: the number of its scene, and the scene's frames up to this frame."""
        for scene, frames in enumerate(self.scenes):
            if number < len(frames):
                return scene, frames[: number + 1]
            number -= len(frames)
        raise IndexError(f"there are {self.kept} frames")

    def moments(self, most: int) -> list[list[Frame]]:
        """About `most` moments of all scenes, at least FEWEST_MOMENTS of a scene that has so many.

        Each is a list for `draw`: the frames of its scene up to this moment.
        """
        counts = [min(len(scene), max(FEWEST_MOMENTS, round(most * len(scene) / self.kept))) for scene in self.scenes]
        if counts:
            longest = counts.index(max(counts))
            counts[longest] = max(1, counts[longest] - max(0, sum(counts) - most))
        moments = []
        for scene, count in zip(self.scenes, counts, strict=True):
            ends = [1 + (len(scene) - 1) * i // (count - 1) for i in range(count)] if count > 1 else [len(scene)]
            moments += [scene[:end] for end in ends]
        return moments
