"""Finds the files whose code ran, so that a learner can read them next."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import FrameType

PROFILED_FRAMES_PER_SCENE = 2  # a longer profile would slow the training


class WhatRan:
    """Collects the chapters' files whose functions are called within `watching`; demos are left out.

    chapter: the folder of the present chapter; its own files come first.
    """

    def __init__(self, chapter: str) -> None:
        spec = find_spec(chapter)
        places = list(spec.submodule_search_locations or []) if spec else []
        self.chapter = chapter
        self.root = str(Path(places[0]).parent) + os.sep if places else ""
        self.paths: dict[str, None] = {}      # relative to the root, in the order of their first call

    def _profile(self, frame: FrameType, event: str, _: object) -> None:
        path = frame.f_code.co_filename
        function = frame.f_code.co_flags & CO_OPTIMIZED       # False for a class body, which runs at an import
        if event == "call" and function and path.startswith(self.root) and frame.f_code.co_name[0] != "<":
            self.paths[path[len(self.root):].replace(os.sep, "/")] = None

    @contextmanager
    def watching(self, wanted: bool) -> Iterator[None]:
        """Records the calls within this context, if wanted.  It does nothing while another profiler is active."""
        if not wanted or not self.root or sys.getprofile() is not None:
            yield
            return
        sys.setprofile(self._profile)
        try:
            yield
        finally:
            sys.setprofile(None)

    @property
    def files(self) -> list[str]:
        """Lesson files and files of fast/, the chapter's own first: "knn.py", "fast/ranking.py", "Other/layers.py"."""
        found = []
        for path in self.paths:
            folder, _, rest = path.partition("/")
            if folder.endswith("_From_Scratch") and not rest.startswith("demo") and rest != "__init__.py":
                found.append(rest if folder == self.chapter else path)
        return sorted(found, key=lambda path: "_From_Scratch" in path)     # a stable sort keeps the order of the calls
