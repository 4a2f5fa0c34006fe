"""This chapter for tables larger than the memory, or on several machines: documentation/scale.md.

In reading order: statistics (the sums that a fit needs), fit_from (the model from these sums).
"""
