"""Chapter 2 once more, for speed: the same minimum.

In reading order: blocked_loss, centred_objective, dense_objective (three forms of J), warm_start, minimise.
"""
