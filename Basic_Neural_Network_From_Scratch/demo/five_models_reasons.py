"""Why one of the five models gives its answer at a place: the terms of its formula, which add up to the answer."""

from collections.abc import Iterable

import numpy as np

from Basic_Neural_Network_From_Scratch.demo.five_models import COLOURS, Models

Reason = tuple[str, np.ndarray | None]            # a sentence, and lines (m, 2) to the points that were used, or None
MOST_UNITS = 3                                    # units of a network that are named


def why(models: Models, name: str, place: tuple[float, float]) -> Reason:
    x, colours = np.array([place]), [COLOURS[c] for c in models.classes]
    p = models.scores(name, x)[0]                                            # (K,)
    order = np.argsort(-p, kind="stable")
    head = "Here: " + (f"{100 * p[1]:.0f} % {colours[1]}. " if len(p) == 2 else
                       ", ".join(f"{100 * p[c]:.0f} % {colours[c]}" for c in order) + ". ")
    words, links = REASONS[name](models, x, order, colours)
    return head + words, links


def of_neighbours(models: Models, x: np.ndarray, order: np.ndarray, colours: list[str]) -> Reason:
    _, found = models.neighbours.kneighbors(x)
    near, votes = models.X[found[0]], np.bincount(models.codes[found[0]], minlength=len(colours))    # (k, 2), (K,)
    links = np.concatenate([np.stack([x[0], point, [np.nan, np.nan]]) for point in near])
    shares = listed(f"{votes[c]} {'is' if votes[c] == 1 else 'are'} {colours[c]}" for c in order
                    if votes[c] or len(colours) == 2)
    return f"Of the {len(near)} nearest points {shares}.", links


def of_bayes(models: Models, x: np.ndarray, order: np.ndarray, colours: list[str]) -> Reason:
    first, second = pair(order)
    bayes = models.bayes
    terms = -0.5 * (np.log(bayes.var_) + (x - bayes.theta_) ** 2 / bayes.var_)                       # (K, 2)
    odds = np.log(bayes.class_prior_[first] / bayes.class_prior_[second])
    return (f"Log odds{against(colours, first, second)}: {odds:+.2f} from the prior, "
            f"{terms[first, 0] - terms[second, 0]:+.2f} from x₁, {terms[first, 1] - terms[second, 1]:+.2f} from x₂."
            ), None


def of_network(models: Models, x: np.ndarray, order: np.ndarray, colours: list[str]) -> Reason:
    first, second = pair(order)
    z = models.network.forward(x)[0]                                         # (1,) or (K,)
    W = models.network.W2                                                    # (H, 1) or (H, K)
    share = models.network.h[0] * (W[:, 0] if len(z) == 1 else W[:, first] - W[:, second])           # (H,)
    total = z[0] if len(z) == 1 else z[first] - z[second]
    largest = np.argsort(-np.abs(share))[:MOST_UNITS]
    terms = ", ".join(f"{share[unit]:+.2f} from unit {unit + 1}" for unit in largest)
    lead = f"{logit(colours, first, second)} {total:+.2f}"
    return f"{softmax_of(z, colours)}{lead}: {terms}, the rest from the others.", None


def of_line(models: Models, x: np.ndarray, order: np.ndarray, colours: list[str]) -> Reason:
    if models.line is None:
        return "It has not taken a step.", None
    first, second = pair(order)
    W, b = models.line[0], np.ravel(models.line[1])                          # (R, 2), (R,)
    z = W @ x[0] + b
    w, intercept = (W[0], b[0]) if len(W) == 1 else (W[first] - W[second], b[first] - b[second])
    return f"{softmax_of(z, colours)}{logit(colours, first, second)} {terms_of(w, intercept, x)}", None


def of_squares(models: Models, x: np.ndarray, order: np.ndarray, colours: list[str]) -> Reason:
    first = int(models.values(x)[0].argmax()) if len(colours) > 2 else 1
    model = models.squares[first]
    whose = f"The value of {colours[first]} is the largest:" if len(colours) > 2 else "Value"
    return f"{whose} {terms_of(model.coef_, float(model.intercept_), x)}", None


REASONS = {"least squares": of_squares, "logistic regression": of_line, "nearest neighbours": of_neighbours,
           "naive Bayes": of_bayes, "neural network": of_network}


def terms_of(w: np.ndarray, b: float, x: np.ndarray) -> str:                 # (2,), (), (1, 2)
    return (f"{float(x[0] @ w) + b:+.2f} = {w[0] * x[0, 0]:+.2f} from x₁, {w[1] * x[0, 1]:+.2f} from x₂, "
            f"{b:+.2f} from the intercept.")


def pair(order: np.ndarray) -> tuple[int, int]:
    """The two classes that are compared: of two classes always 1 against 0, else the first against the second."""
    return (1, 0) if len(order) == 2 else (int(order[0]), int(order[1]))


def against(colours: list[str], first: int, second: int) -> str:
    return "" if len(colours) == 2 else f" of {colours[first]} against {colours[second]}"


def logit(colours: list[str], first: int, second: int) -> str:
    return "Logit" if len(colours) == 2 else f"{colours[first].capitalize()} leads {colours[second]} by"


def softmax_of(z: np.ndarray, colours: list[str]) -> str:                    # (R,)
    if len(z) == 1:
        return ""
    return f"Softmax of the logits {', '.join(f'{value:+.1f}' for value in z)}. "


def listed(parts: Iterable[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last
