"""This chapter for tables larger than the memory, or on several machines: documentation/scale.md.

One file: nearest (the k best rows of each shard, merged).
"""
