"""The checks on demand: `python run_all.py check`, and the same for your own layer or loss.

    gradients, compare      finite differences; where two arrays first differ, in words
    measure, references     a chapter's claims (<Chapter>/demo/checks.py), and the answers of other libraries
    suspects                functions that ran in a claim that fails, and not in claims that hold
    report, picture         the table, the JSON; error against step size
    command                 the command line
"""

from proof.gradients import Report, check_gradient, check_layer, check_loss

__all__ = ["Report", "check_gradient", "check_layer", "check_loss"]
