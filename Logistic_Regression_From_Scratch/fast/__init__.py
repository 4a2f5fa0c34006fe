"""Fast versions of the plain code of chapter 2.  They find the same minimum.

In reading order: blocked_loss, centred_objective, dense_objective (three forms of J), warm_start, minimise.
"""
