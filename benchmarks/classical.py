"""The four classical chapters compared with scikit-learn: python -m benchmarks.classical

Both sides have scikit-learn's default parameters, with one exception.  `max_iter` of logistic regression is larger, so
that the tolerance ends every fit, and not the number of steps.
"""

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from benchmarks import checks, data
from benchmarks.command import main
from benchmarks.estimators import Estimator
from benchmarks.harness import OURS, Row
from benchmarks.worker import Build

SKLEARN = "scikit-learn"
CHECKS_OFF = "scikit-learn, checks off"      # for rows where the checks take a large part of the time
CENTRED_DATA = "scikit-learn, centred data"       # centred by the user, which is not timed

AIMED, SWEEP = "Ours and scikit-learn's", "Time against n"
MEMORY_AIM_BYTES = 100e6
ALL_DIGITS = (60_000, 784)               # as large as MNIST, to compare memory
DECADES = (1_000, 10_000, 100_000, 1_000_000)

NEWTON = {"solver": "newton-cholesky", "tol": 1e-10}


def sides(ours: str, theirs: str, name: str, extra: str | None = None, **options: Any) -> dict[str, Build]:
    """Our side, scikit-learn's, and sometimes a second way of scikit-learn."""
    both: dict[str, Build] = {
        OURS: partial(Estimator, ours, name, **options),
        SKLEARN: partial(Estimator, theirs, name, **options),
    }
    if extra is not None:
        options |= {"checks_off": extra == CHECKS_OFF, "centred": extra == CENTRED_DATA}
        both[extra] = partial(Estimator, theirs, name, **options)
    return both


Goal = tuple[float, float] | None        # an aim and a more ambitious aim, as ratios ours / scikit-learn's


def goals(**by_action: Goal) -> dict[str, Any]:
    """The aims and the more ambitious aims of a row."""
    given = {(action, SKLEARN): goal for action, goal in by_action.items() if goal is not None}
    return {"aims": {key: goal[0] for key, goal in given.items()},
            "moonshots": {key: goal[1] for key, goal in given.items()}}


def linear(size: str, n: int, d: int, goal: Goal = None, group: str = AIMED, name: str = "LinearRegression") -> Row:
    """Ours is the fast engine; ours with engine="auto" is measured, too."""
    module, learnt = "Linear_Regression_From_Scratch", ("coef_", "intercept_")
    all_sides = sides(module, "sklearn.linear_model", name, CHECKS_OFF if n <= 500 else None, learnt=learnt)
    all_sides[OURS] = partial(Estimator, module, name, parameters={"engine": "fast"}, learnt=learnt)
    all_sides["ours, engine=auto"] = partial(Estimator, module, name, learnt=learnt)
    return Row(
        f"{'ridge' if name == 'Ridge' else 'linear'} {size}", group, partial(data.regression, n, d),
        partial(data.regression, min(n, 60), min(d, 8)), all_sides, checks.same_line, **goals(fit=goal),
        memory_aim=MEMORY_AIM_BYTES if n == 1_000_000 or (n, d) == ALL_DIGITS else None,
    )


def logistic(
    size: str, source: partial, rehearsal: partial, goal: Goal = None, *, group: str = AIMED,
    parameters: Mapping[str, Any] | None = None, exact: Mapping[str, Any] = NEWTON, rtol: float = 1e-6,
    extra: str | None = None, memory_aim: float | None = None, engines: tuple[str, ...] = ("auto",),
) -> Row:
    """Ours is the fast engine; `engines` are measured, too: the ratio to "plain" is the gain of the fast code."""
    module, options = "Logistic_Regression_From_Scratch", {"max_iter": 10_000, **(parameters or {})}
    learnt = ("coef_", "intercept_")
    all_sides = sides(module, "sklearn.linear_model", "LogisticRegression", extra, parameters=options, learnt=learnt,
                      exact=exact)
    for side, engine in [(OURS, "fast"), *[(f"ours, engine={engine}", engine) for engine in engines]]:
        all_sides[side] = partial(Estimator, module, "LogisticRegression", parameters=options | {"engine": engine},
                                  learnt=learnt, exact=exact)
    return Row(f"logistic {size}", group, source, rehearsal, all_sides, partial(checks.same_minimum, rtol=rtol),
               **goals(fit=goal), memory_aim=memory_aim)


def neighbours(
    size: str, source: partial, rehearsal: partial, goal: Goal = None, *, group: str = AIMED,
    memory_aim: float | None = None, rtol: float = 1e-8, variants: Sequence[tuple[str, str]] = (), **parameters: Any,
) -> Row:
    """Ours is the fast engine.  "auto" and another parameter of ours are measured, too; their ratio is the gain."""
    module, name = "KNN_From_Scratch", "KNeighborsClassifier"
    all_sides = sides(module, "sklearn.neighbors", name, parameters=parameters, neighbours=True)
    fast = {"engine": "fast", **parameters}
    all_sides[OURS] = partial(Estimator, module, name, parameters=fast, neighbours=True)
    all_sides |= {f"ours, {key}={value}": partial(Estimator, module, name, parameters=fast | {key: value},
                                                  neighbours=True) for key, value in [("engine", "auto"), *variants]}
    return Row(f"kNN {size}", group, source, rehearsal, all_sides, partial(checks.same_neighbours, rtol=rtol),
               **goals(predict=goal), memory_aim=memory_aim)


def bayes(size: str, source: partial, rehearsal: partial, *, group: str = AIMED, memory_aim: float | None = None,
          engines: tuple[str, ...] = ("auto",), **by_action: Goal) -> Row:
    """Ours is the fast engine; `engines` are measured, too: the ratio to "plain" is the gain of the fast code."""
    all_sides = sides("Naive_Bayes_From_Scratch", "sklearn.naive_bayes", "GaussianNB", learnt=("theta_", "var_"))
    ours = partial(Estimator, "Naive_Bayes_From_Scratch", "GaussianNB", learnt=("theta_", "var_"))
    all_sides[OURS] = partial(ours, parameters={"engine": "fast"})
    all_sides |= {f"ours, engine={engine}": partial(ours, parameters={"engine": engine}) for engine in engines}
    return Row(f"naive Bayes {size}", group, source, rehearsal, all_sides, checks.same_gaussians, **goals(**by_action),
               memory_aim=memory_aim)


PLAIN_ENGINE, ALL_PAIRS = ("engine", "plain"), ("algorithm", "brute")       # kNN: plain; fast without projection

few_classes, few_blobs = partial(data.classes, 80, 4), partial(data.blobs, 120, 4, 3, 20)
some_digits, some_queries = partial(data.mnist, 300, download=False), partial(data.mnist, 300, 20, download=False)

ROWS = [
    linear("500 × 10", 500, 10, (0.30, 0.13)),
    linear("20k × 50", 20_000, 50, (0.30, 0.20)),
    linear("1e6 × 20", 1_000_000, 20, (0.20, 0.10)),
    linear("2000 × 2000", 2_000, 2_000, (0.5, 0.27)),
    linear("60k × 784", *ALL_DIGITS),
    linear("500 × 10", 500, 10, name="Ridge"),
    linear("20k × 50", 20_000, 50, name="Ridge"),
    linear("1e6 × 20", 1_000_000, 20, name="Ridge"),
    linear("2000 × 2000", 2_000, 2_000, name="Ridge"),
    linear("60k × 784", *ALL_DIGITS, name="Ridge"),

    logistic("500 × 10", partial(data.classes, 500, 10), few_classes, (0.5, 0.26), extra=CHECKS_OFF),
    logistic("breast cancer", partial(data.breast_cancer), partial(data.breast_cancer), (0.8, 0.5)),
    logistic("20k × 50", partial(data.classes, 20_000, 50), few_classes, (0.7, 0.45)),
    logistic("1e6 × 20", partial(data.classes, 1_000_000, 20), few_classes, (0.6, 0.2), memory_aim=MEMORY_AIM_BYTES,
             engines=("auto", "plain")),
    logistic("60k × 784", partial(data.classes, *ALL_DIGITS), few_classes, memory_aim=MEMORY_AIM_BYTES),
    logistic("20k × 50, Newton on both sides", partial(data.classes, 20_000, 50), few_classes,
             parameters={"solver": "newton-cholesky", "tol": 1e-8}),
    logistic("1e6 × 20, Newton on both sides", partial(data.classes, 1_000_000, 20), few_classes,
             parameters={"solver": "newton-cholesky", "tol": 1e-8}, memory_aim=MEMORY_AIM_BYTES),
    logistic("digits", partial(data.digits), partial(data.digits), (0.4, 0.12)),
    logistic("20k × 50, 5 classes", partial(data.classes, 20_000, 50, 5), partial(data.classes, 80, 4, 3),
             (0.45, 0.15), engines=("auto", "plain")),
    # Ten classes of 784 pixels have 7,850 parameters, too many for Newton: a strict L-BFGS is the exact solution here.
    logistic("MNIST 8k", partial(data.mnist, 8_000), some_digits, (0.6, 0.29), exact={"tol": 1e-6}, rtol=1e-3,
             extra=CENTRED_DATA),

    neighbours("500 × 10, 500 queries", partial(data.blobs, 500, 10, 5, 500), few_blobs, variants=[PLAIN_ENGINE]),
    neighbours("5k × 20, 100 queries", partial(data.blobs, 5_000, 20, 5, 100), few_blobs, variants=[PLAIN_ENGINE]),
    neighbours("5k × 20, 100 queries, manhattan", partial(data.blobs, 5_000, 20, 5, 100), few_blobs,
               variants=[PLAIN_ENGINE],
               metric="manhattan"),
    neighbours("20k × 3, 500 queries, k-d tree", partial(data.cube, 20_000, 3, 500), partial(data.cube, 300, 3, 20),
               variants=[PLAIN_ENGINE], algorithm="kd_tree"),
    neighbours("20k × 50, 2,000 queries", partial(data.blobs, 20_000, 50, 5, 2_000), few_blobs, (0.8, 0.5)),
    neighbours("MNIST 8k, 2,000 queries", partial(data.mnist, 8_000, 2_000), some_queries, (0.6, 0.27)),
    neighbours("MNIST 60k, 1,000 queries", partial(data.mnist, 60_000, 1_000), some_queries, (0.55, 0.18),
               memory_aim=MEMORY_AIM_BYTES, variants=[ALL_PAIRS]),
    neighbours("MNIST 60k, 1,000 queries, float32", partial(data.mnist, 60_000, 1_000, dtype="float32"), some_queries,
               memory_aim=MEMORY_AIM_BYTES, rtol=1e-6),
    neighbours("200k × 3, 20,000 queries, k-d tree", partial(data.cube, 200_000, 3, 20_000),
               partial(data.cube, 300, 3, 20), (1.5, 0.7), algorithm="kd_tree"),

    bayes("1e6 × 20", partial(data.blobs, 1_000_000, 20, 3), few_blobs, fit=(0.3, 0.15), predict=(0.5, 0.16),
          memory_aim=MEMORY_AIM_BYTES, engines=("auto", "plain")),
    bayes("MNIST 60k", partial(data.mnist, 60_000), some_digits, fit=(0.3, 0.15), predict=(0.5, 0.16),
          memory_aim=MEMORY_AIM_BYTES, engines=("auto", "plain")),

    *[linear(f"n = {n:,}, d = 20", n, 20, group=SWEEP) for n in DECADES],
    *[logistic(f"n = {n:,}, d = 20", partial(data.classes, n, 20), few_classes, group=SWEEP) for n in DECADES],
    *[neighbours(f"n = {n:,}, d = 20, 500 queries", partial(data.blobs, n, 20, 5, 500), few_blobs, group=SWEEP,
                 memory_aim=MEMORY_AIM_BYTES if n == 1_000_000 else None)
      for n in DECADES],
    *[bayes(f"n = {n:,}, d = 20", partial(data.blobs, n, 20, 3), few_blobs, group=SWEEP) for n in DECADES],
]


if __name__ == "__main__":
    sys.exit(main("classical", "The classical chapters compared with scikit-learn", ROWS,
                  ("numpy", "scikit-learn", "scipy", "threadpoolctl")))
