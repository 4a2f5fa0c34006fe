"""A fuzzer: random, damaged and hostile input for everything that reads, from one seed.

    python -m tools.fuzz csv --inputs 20000 --seed 1         one reader (all: every reader)
    python -m tools.fuzz csv --seed 1 --only 417             one input once more, with its traceback

Right answers and refusals in the project's own words are fine.  Everything else is counted, with an example each:

    crash        another exception than the refusals that a reader may raise
    accidental   a refusal that fell out of NumPy or Python and does not say what to mend, or a warning of NumPy's
    silent       an answer that is wrong: NaN, other shapes, names that are there twice
    hang         more seconds of the processor than the reader's limit
    memory       more megabytes than the reader's limit

A new reader is a class in a file of this folder and a line in READERS (__main__.py).
"""
