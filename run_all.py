"""The Master Runner: pick an algorithm, watch it train.   python run_all.py --help"""

from __future__ import print_function  # this file parses on old Pythons too, so that they can be told what to do

import os
import sys

# name, folder, other names | what it is | its data | what to look at | about how long: a row is a chapter
CHAPTERS = [
    ("linear", "Linear_Regression_From_Scratch", "linreg least-squares", "a line falls into place", "noisy line, diabetes", "the path down the loss bowl, and the star at its bottom", "20 s"),
    ("logistic", "Logistic_Regression_From_Scratch", "logreg", "a boundary turns and grows sure", "two moons, breast cancer", "w, and the lines where the probability is 0.9", "20 s"),
    ("knn", "KNN_From_Scratch", "k-nearest-neighbours k-nearest-neighbors", "a query asks its neighbours", "two moons, MNIST", "the circle, the votes, and the digits that look alike", "1 min"),
    ("bayes", "Naive_Bayes_From_Scratch", "naive-bayes gaussian-naive-bayes gnb", "bell curves weigh the evidence", "iris, wine", "the ellipses, and the measurements that decide", "15 s"),
    ("nn", "Basic_Neural_Network_From_Scratch", "mlp neural-network", "hidden units bend the boundary", "two moons, MNIST", "the folds that add up to a curved boundary", "1 min"),
    ("cnn", "CNN_From_Scratch", "convnet convolutional", "learns to read digits", "MNIST", "the filters, and the pixels that decide (saliency)", "2 min"),
    ("rnn", "RNN_From_Scratch", "char-rnn hamlet", "learns to write, letter by letter", "Hamlet", "the samples, from noise to words", "2 min"),
]

# python run_all.py check [CHAPTER ...], playground [SCENE]: the module whose main does it, and its line in the menu
VERBS = {"check": ("proof.command", ""), "playground": ("playground.command", "a page: drag, slide, step through the lines")}

NEEDED_LIBRARIES = ["numpy", "matplotlib", "questionary", "rich", "rich_argparse", "pooch", "safetensors", "tornado"]


def complaint():
    """The reason why this cannot run, with the line that mends it; or None."""
    if sys.version_info < (3, 11):
        return "Python 3.11 or later is needed; this is Python %d.%d." % sys.version_info[:2]
    from importlib.util import find_spec
    missing = [name for name in NEEDED_LIBRARIES if find_spec(name) is None]
    return "Not installed yet: %s." % ", ".join(missing) if missing else None


def main():
    problem = complaint()
    if problem:
        python, make = (r".venv\Scripts\python", "py") if os.name == "nt" else (".venv/bin/python", "python3")
        line = "%s -m venv .venv && %s -m pip install -q -e . && %s run_all.py" % (make, python, python)
        print("run_all.py: %s In the project's folder, this line mends it:\n\n  %s\n" % (problem, line), file=sys.stderr)
        return 2
    # Such small matrices gain little from a second thread, and are ten times slower with it when another program is busy.
    # The variable must be set before NumPy is loaded; a value that you have set yourself is kept.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        from pathlib import Path

        from ai_from_scratch.runner import Chapter
        from ai_from_scratch.runner import main as run
        chapters = [Chapter(*row) for row in CHAPTERS]
        if sys.argv[1:2] and sys.argv[1] in VERBS:
            from importlib import import_module
            return import_module(VERBS[sys.argv[1]][0]).main(chapters, sys.argv[2:])
        return run(chapters, Path(__file__).resolve().parent, verbs=VERBS)
    except KeyboardInterrupt as left:    # Ctrl-C before the runner handles it, or a signal with its own code
        return getattr(left, "code", 130)


if __name__ == "__main__":
    sys.exit(main())
