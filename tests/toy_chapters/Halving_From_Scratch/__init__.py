"""A chapter for tests of the playground, without NumPy: halving.py."""
