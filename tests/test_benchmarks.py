"""The benchmarks' own promises: equal answers before the clock, sides apart, nothing hidden.  No test reads a clock."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import toy_benchmark

from benchmarks import checks, classical, command
from benchmarks.harness import OURS, QUICK, NotHereError, Result, Settings, Timing, run
from benchmarks.memory import peak_beyond
from benchmarks.report import Page, duration, markdown

pytestmark = pytest.mark.slow   # each measurement starts processes of its own


def result_of(*rows) -> list[Result]:
    return list(run(rows, QUICK, lambda text: None))


def page_of(*results: Result) -> str:
    return markdown(Page("Toys", "python -m toys", ["a machine"]), results, Settings())


def test_a_quick_row_of_the_classical_benchmark_runs_and_writes_nothing(root):
    results = root / "benchmarks" / "results"
    before = sorted(results.glob("*")), [path.stat().st_mtime_ns for path in sorted(results.glob("*"))]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.classical", "--quick", "--rows", "s: linear 20kx50"],
        cwd=root, capture_output=True, text=True, timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "| linear 20k × 50 | fit |" in done.stdout and "| linear 20k × 50 | predict |" in done.stdout
    assert "coefficients within" in done.stderr
    assert before == (sorted(results.glob("*")), [path.stat().st_mtime_ns for path in sorted(results.glob("*"))])


def test_sides_run_in_processes_of_their_own_on_one_thread_and_agree():
    result, = result_of(toy_benchmark.row("twins"))                # the toy's check asserts all three
    assert result.failure is None and result.equal == "totals equal"
    assert set(result.timings[0].seconds) == {OURS, "theirs"}
    assert all(number == 1 for pools in result.threads.values() for number in pools.values())


def test_answers_that_differ_are_reported_and_never_timed():
    result, = result_of(toy_benchmark.row("liar", wrong=1.0))
    assert result.timings == []
    assert result.failure is not None and "the answers differ: theirs says" in result.failure
    assert "**failed**: the answers differ" in page_of(result)


def test_a_side_that_breaks_is_reported_and_the_next_row_still_runs():
    broken, sound = result_of(toy_benchmark.row("broken", breaks=True), toy_benchmark.row("sound"))
    assert broken.failure == "ArithmeticError: this side cannot add"
    assert sound.failure is None and sound.timings


def test_a_full_run_writes_its_page_and_says_by_its_exit_code_whether_a_row_failed(tmp_path, capsys):
    rows = [toy_benchmark.row("sound"), toy_benchmark.row("liar", wrong=1.0)]
    out = tmp_path / "deep" / "toys.md"
    arguments = ["--rounds", "1", "--patience", "0", "--out", str(out)]
    assert command.main("toys", "Toys", rows, ("numpy",), arguments) == 1
    page = out.read_text(encoding="utf-8")
    assert "| sound | sum |" in page and "met" in page and "| liar |" in page and "incomplete" not in page
    assert f"numpy {np.__version__}" in page and "python -m benchmarks.toys --rounds 1" in page
    assert command.main("toys", "Toys", rows, ("numpy",), [*arguments, "--rows", "^toys: sound"]) == 0
    assert "| liar |" not in out.read_text(encoding="utf-8")


def test_a_pattern_that_matches_no_row_names_the_rows(capsys):
    with pytest.raises(SystemExit) as left:
        command.main("toys", "Toys", [toy_benchmark.row("sound")], (), ["--rows", "silent"])
    assert left.value.code == 2
    assert "Toys: sound" in capsys.readouterr().err


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere only growth beyond earlier peaks shows")
def test_peak_memory_counts_what_is_held_meanwhile_and_not_what_was_held_before():
    def hold(megabytes):
        return lambda: np.ones(megabytes * 1_000_000, np.uint8)

    hold(80)()
    peak = peak_beyond(hold(30))
    assert peak is not None and 29e6 < peak < 45e6


def test_ratios_are_taken_round_by_round_and_their_median_is_judged():
    timing = Timing("sum", {OURS: np.array([1.0, 2.0, 30.0]), "theirs": np.array([2.0, 4.0, 10.0])}, others=0.0)
    assert timing.ratios("theirs").tolist() == [0.5, 0.5, 3.0]
    row = toy_benchmark.row("toy")
    line = page_of(Result(row, timings=[timing]))
    assert "| toy | sum | 2 s | theirs | 4 s | **0.50** | 0.50 – 3.00 | 1000000000.00 |  | met |" in line
    strict = page_of(Result(classical.ROWS[0], timings=[Timing("fit", {
        OURS: np.array([1.0]), classical.SKLEARN: np.array([3.0])}, others=0.5, quiet=False)]))
    assert "**0.33** | 0.33 – 0.33 | 0.30 | 0.13 | **short**, disturbed (others: 0.50 cores) |" in strict


def test_smaller_data_than_an_aim_is_set_for_is_not_judged():
    timing = Timing("sum", {OURS: np.array([1.0]), "theirs": np.array([2.0])}, others=None)
    page = page_of(Result(toy_benchmark.row("toy"), as_aimed=False, timings=[timing]))
    assert "met" not in page and "smaller data than the aim's" in page


def test_durations_carry_their_unit():
    assert [duration(t) for t in (2.0, 0.0125, 3.4e-6)] == ["2 s", "12.5 ms", "3.4 µs"]


def test_row_names_are_unique_and_every_rows_sides_begin_with_ours():
    names = [command.plain(row) for row in classical.ROWS]
    assert len(set(names)) == len(names)
    for row in classical.ROWS:
        assert next(iter(row.sides)) == OURS
        assert all(side in row.sides for _, side in row.aims), row.name


def perturbed(answers, name, change):
    other = {side: dict(answer) for side, answer in answers.items()}
    other[OURS][name] = change(np.array(other[OURS][name]))
    return other


def test_each_check_accepts_equal_answers_and_refuses_each_that_differs():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 3)), rng.integers(3, size=40)
    line = {"coef_": rng.normal(size=3), "intercept_": np.array(1.0), "predict": rng.normal(size=40)}
    neighbours = {"distances": rng.random((40, 5)), "indices": np.tile(np.arange(5), (40, 1)), "predict": y}
    gaussians = {"theta_": rng.normal(size=(3, 3)), "var_": rng.random((3, 3)) + 1, "predict": y}
    for check, answer in ((checks.same_line, line), (checks.same_neighbours, neighbours),
                          (checks.same_gaussians, gaussians)):
        both = {OURS: answer, "theirs": {name: value.copy() for name, value in answer.items()}}
        assert check(both, {"X": X, "y": y})
        for name in answer:
            if (check, name) != (checks.same_line, "intercept_"):  # it shows in the predictions
                with pytest.raises(AssertionError):
                    check(perturbed(both, name, lambda value: value + 1), {"X": X, "y": y})


@pytest.mark.parametrize("K", [2, 3])
def test_the_objective_of_the_checks_is_scikit_learns_and_flat_at_its_minimum(K):
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss

    rng = np.random.default_rng(K)
    X, y = rng.normal(size=(60, 3)), rng.integers(K, size=60)
    model = LogisticRegression(solver="newton-cholesky", tol=1e-10).fit(X, y)
    J, slope = checks.objective(X, y, model.coef_, model.intercept_)
    np.testing.assert_allclose(J, log_loss(y, model.predict_proba(X)) + (model.coef_**2).sum() / 120, rtol=1e-12)
    assert slope < 1e-9
    assert checks.objective(X, y, model.coef_ + 0.1, model.intercept_)[0] > J


def test_stopping_earlier_than_the_reference_is_refused():
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(5)
    X, y = rng.normal(size=(60, 3)), rng.integers(2, size=60)
    model = LogisticRegression(solver="newton-cholesky", tol=1e-10).fit(X, y)
    there = {"coef_": model.coef_, "intercept_": model.intercept_, "exact coef_": model.coef_,
             "exact intercept_": model.intercept_, "exact predict_proba": model.predict_proba(X)}
    both = {OURS: dict(there), "theirs": there}
    assert "J stops above its minimum" in checks.same_minimum(both, {"X": X, "y": y})
    for name, message in (("coef_", "stopped earlier"), ("exact predict_proba", "probabilities differ")):
        with pytest.raises(AssertionError, match=message):
            checks.same_minimum(perturbed(both, name, lambda value: value + 0.1), {"X": X, "y": y})


def test_what_falls_short_is_said_once_more_in_one_place_and_data_that_is_not_here_is_no_failure():
    def not_here():
        raise NotHereError("MNIST is not here")

    row = classical.ROWS[0]
    slow = Result(row, timings=[Timing("fit", {OURS: np.array([2.0]), classical.SKLEARN: np.array([4.0])}, others=0.0)])
    page = page_of(slow)
    assert f"- {row.name}, fit: 0.50 of scikit-learn; the aim was 0.30" in page
    fast = Result(row, timings=[Timing("fit", {OURS: np.array([0.1]), classical.SKLEARN: np.array([4.0])}, others=0.0)])
    assert "met, moonshot too" in page_of(fast) and "\nNothing.\n" in page_of(fast)

    skipped, sound = result_of(replace(toy_benchmark.row("away"), rehearsal=not_here), toy_benchmark.row("sound"))
    assert skipped.failure is None and skipped.timings == [] and sound.timings
    assert "skipped: MNIST is not here" in page_of(skipped)


def test_every_bar_and_moonshot_is_in_the_table_and_memory_is_judged_at_both_sizes():
    given = {(row.name, action): (aim, row.moonshots[action, side])
             for row in classical.ROWS for (action, side), aim in row.aims.items()}
    assert len(given) == 19 and all(moonshot < aim for aim, moonshot in given.values())
    judged = {row.name for row in classical.ROWS if row.memory_aim == 100e6}
    for model in ("linear", "ridge", "logistic", "naive Bayes"):
        assert f"{model} 1e6 × 20" in judged
    for name in ("linear 60k × 784", "ridge 60k × 784", "logistic 60k × 784", "naive Bayes MNIST 60k",
                 "kNN MNIST 60k, 1,000 queries", "kNN n = 1,000,000, d = 20, 500 queries"):
        assert name in judged
