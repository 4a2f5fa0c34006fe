"""Fast versions of chapter 2's plain code.  The minimum is the same.

In reading order: blocked_loss, centred_objective, dense_objective (three forms of J), warm_start, minimise.
"""
