"""The proof on demand: `python run_all.py check`, and the same for a layer or a loss of your own.

    gradients, compare      finite differences; where two arrays first differ, in words
    measure, references     a chapter's claims (<Chapter>/demo/checks.py), and what other libraries answered
    suspects                which functions ran where a claim fails, and not where one holds
    report, picture         the table, the JSON; error against step size
    command                 the command line
"""

from proof.gradients import Report, check_gradient, check_layer, check_loss

__all__ = ["Report", "check_gradient", "check_layer", "check_loss"]
