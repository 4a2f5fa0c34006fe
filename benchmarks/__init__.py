"""Comparisons with the reference libraries: first equal answers, then time, then memory.

    python -m benchmarks.classical          linear, logistic, kNN, naive Bayes against scikit-learn

In reading order: memory, worker (one side in its own process), machine (is it quiet?), harness (sides in turn), report
(the table), command; then the compared things: data, estimators, checks, classical.
"""
