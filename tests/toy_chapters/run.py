"""run_all.py's twin for the tests: the same runner on three toy chapters."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from ai_from_scratch.runner import Chapter, main  # noqa: E402

CHAPTERS = [
    Chapter("steady", "Steady_From_Scratch", "calm even-tempered", "counts to five", "numbers", "the line", "1 s"),
    Chapter("endless", "Endless_From_Scratch", "", "counts for ever", "numbers", "the clock", "hours"),
    Chapter("broken", "Broken_From_Scratch", "", "fails", "numbers", "the message", "1 s"),
    Chapter("tuned", "Tuned_From_Scratch", "", "has a parameter", "numbers", "its value", "1 s"),
    Chapter("spoilt", "Spoilt_From_Scratch", "", "spoils a picture", "numbers", "the others", "1 s"),
    Chapter("slow", "Slow_From_Scratch", "", "takes ten seconds", "numbers", "the window", "10 s"),
    Chapter("painter", "Painter_From_Scratch", "", "paints slowly", "numbers", "the bar", "10 s"),
]

if __name__ == "__main__":
    sys.exit(main(CHAPTERS, Path.cwd()))
