"""The code that the chapters share, in levels: estimator and gradient_check, data, weights and web, stage, runner.

No chapter is named here.  CONTRIBUTING.md shows which level imports which.
"""

__version__ = "0.2.0"
