"""What the chapters share, in levels: estimator and gradient_check, data and weights, stage, runner.

Nothing here knows a chapter by name.  The arrows between the levels are drawn in CONTRIBUTING.md.
"""

__version__ = "0.2.0"
