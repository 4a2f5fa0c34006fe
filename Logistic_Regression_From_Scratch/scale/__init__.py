"""This chapter for tables larger than the memory, or on several machines: documentation/scale.md.

In reading order: fit_from (Newton's steps from sums), statistics (the sums that one step needs).
"""
