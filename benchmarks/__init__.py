"""Side by side with the reference libraries: equal answers first, then the clock, then the memory.

    python -m benchmarks.classical          linear, logistic, kNN, naive Bayes against scikit-learn

In reading order: memory, worker (one side, in a process of its own), machine (is it quiet?), harness (sides in turn),
report (the table), command; then what is compared: data, estimators, checks, classical.
"""
