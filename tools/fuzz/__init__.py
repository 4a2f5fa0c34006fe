"""A fuzzer: random, damaged and hostile input for every reader, from one seed.

    python -m tools.fuzz csv --inputs 20000 --seed 1         one reader (all: every reader)
    python -m tools.fuzz csv --seed 1 --only 417             one input once more, with its traceback

Correct answers, and errors in the project's own words, are accepted.  Every other result is counted, with one example:

    crash        another exception than the refusals that a reader may raise
    accidental   an error of NumPy or Python that does not say what to change, or a warning of NumPy's
    silent       a wrong answer: NaN, other shapes, a name that occurs twice
    hang         more seconds of the processor than the reader's limit
    memory       more megabytes than the reader's limit

A new reader is a class in a file of this folder and a line in READERS (__main__.py).
"""
