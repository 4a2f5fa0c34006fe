"""Comparisons with the reference libraries: first equal answers, then time, then memory.

    python -m benchmarks.classical          linear, logistic, kNN, naive Bayes against scikit-learn
    python -m benchmarks.scale              the recipes for several machines, with 1 and 2 workers
    python -m benchmarks.out_of_memory      four models of a table larger than the memory

In reading order: memory, worker (one side in its own process), machine (is it quiet?), harness (sides in turn), report
    (the table), command; then what is compared: data, estimators, checks, classical.
"""
