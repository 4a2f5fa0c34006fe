"""The whole training of the network that writes, compared with PyTorch: python -m benchmarks.writing

The default settings of the RNN chapter, for several seeds, and the same in PyTorch (nn.RNN).  Both have the same
initial weights, streams, chunks, kept state, clipping, Adam, schedule and number of steps.  Both drop the same shares
of recurrent weights and outputs; each side draws its own masks.  Each run has its own process.  Our code evaluates both
sides, outside the timing, as often as in the chapter.  The validation half of Act V chooses the step that is kept; its
bits per character on the other half are compared.

Ours is at least as good within noise if its mean bits over the seeds exceed PyTorch's by at most the larger of the two
standard deviations.
"""

import argparse
import importlib.util
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ai_from_scratch.data import load_hamlet
from Basic_Neural_Network_From_Scratch import schedule_named
from benchmarks.harness import OURS, everyone
from benchmarks.machine import describe, load_average, versions
from benchmarks.recurrent import torch_layers
from benchmarks.report import pools, table
from benchmarks.training_steps import EAGER, TUNED
from benchmarks.worker import Arrays, Worker, save
from RNN_From_Scratch import CharRNN, chunks, streams

QUICK_PARAMETERS: dict[str, Any] = {                               # --quick
    "units": 32, "streams": 8, "chunk": 32, "max_iter": 2, "learning_rate_init": 2e-2, "validate_every": 50}
BITS_MARKS = (2.6, 2.55)                                           # bits per character of the validation text
Found = dict[str, dict[int, Arrays]]                                # by side and seed: the answer of a Run


class Recipe(NamedTuple):
    """The texts, and the parameters of CharRNN: those of `python run_all.py rnn`."""

    texts: Arrays
    parameters: dict[str, Any]
    about: str


def recipe(quick: bool = False) -> Recipe:
    """quick: a tiny network that reads a part of the text once."""
    from ai_from_scratch.stage.demo import Settings
    from RNN_From_Scratch.demo.training import Training  # the sides' own processes need no Matplotlib

    text = load_hamlet(download=not quick)
    demo = Training(text, Settings())
    texts = {"train": demo.train_text, "validation": demo.validation, "test": demo.test, "context": demo.test_context}
    parameters = demo.model.get_params()
    if quick:
        texts = {name: part[-20_000:] if name in ("train", "context") else part[:1_000] for name, part in texts.items()}
        parameters |= QUICK_PARAMETERS
    about = (f"{text.name}, {text.source}: {len(texts['train']):,} characters to learn from, "
             f"{len(texts['validation']):,} to choose the step, {len(texts['test']):,} to test")
    return Recipe({name: np.array(part) for name, part in texts.items()}, parameters, about)


class Run:
    """A whole training as one side."""

    actions: dict[str, Callable[[], Any]] = {}                     # noqa: RUF012  nothing is timed by the harness

    def __init__(self, side: str, seed: int, parameters: dict[str, Any], texts: Arrays) -> None:
        self.text, self.validation, self.test, self.context = (
            str(texts[name]) for name in ("train", "validation", "test", "context"))
        self.model = CharRNN(**parameters | {"random_state": seed}).initialise(self.text)
        self.training = ours(self.model, self.text) if side == OURS else theirs(side == TUNED, self.model, self.text)
        next(self.training)                                        # loading and building are not timed

    def answer(self) -> Arrays:
        """Seconds until each evaluated step, and its bits per character of the validation text; and those of the test
        text."""
        model, seconds, start = self.model, 0.0, time.perf_counter()
        steps, times, bits, best = [], [], [], model.network_.parameters.copy()
        for step in self.training:
            seconds += time.perf_counter() - start
            steps.append(step)
            times.append(seconds)
            bits.append(model.bits_per_character(self.validation, self.text))
            if bits[-1] == min(bits):
                best[...] = model.network_.parameters
            start = time.perf_counter()
        model.network_.parameters[...] = best
        test = model.bits_per_character(self.test, self.context)
        return {"steps": np.array(steps), "seconds": np.array(times), "bits": np.array(bits), "test": np.array(test)}


def judged(step: int, steps: int, model: CharRNN) -> bool:
    return step % model.validate_every == 0 or step == steps


def ours(model: CharRNN, text: str) -> Iterator[int]:
    """Pauses once before the first step, and then at every evaluated step."""
    yield 0
    for progress in model.resuming(text):
        if judged(progress.step, progress.steps, model):
            yield progress.step


def theirs(best: bool, model: CharRNN, text: str) -> Iterator[int]:
    """The same training in PyTorch, from the model's weights; at each pause its weights are copied into the model."""
    import torch
    from torch.nn.functional import cross_entropy, dropout, one_hot
    from torch.nn.utils import clip_grad_norm_

    assert model.cell == "rnn", f"the recipe has a cell {model.cell!r}; this side has only nn.RNN"
    torch.manual_seed(model.random_state)
    V, network = len(model.vocabulary_), model.network_
    rnns, out, named = torch_layers(network.named_arrays())
    recurrent = [rnn.weight_hh_l0 for rnn in rnns]
    for rnn in rnns:
        del rnn.weight_hh_l0                                       # replaced in each chunk by the weights after dropout
    parameters = list(named.values())
    optimizer = torch.optim.Adam(parameters, fused=True if best else None)
    laid_out = streams(model.vocabulary_.encode(text), model.streams, model.chunk)
    pieces = [(torch.from_numpy(piece.x), torch.from_numpy(piece.y.ravel()), piece.is_first)
              for piece in chunks(laid_out, model.chunk)]
    ready = [one_hot(x, V).float() for x, _, _ in pieces] if best else None
    schedule, step, steps = schedule_named(model.learning_rate), 0, model.max_iter * len(pieces)
    yield 0
    for _ in range(model.max_iter):
        for place, (x, y, is_first) in enumerate(pieces):
            if is_first:
                states = list(torch.zeros(len(rnns), 1, x.shape[1], model.units))
            optimizer.param_groups[0]["lr"] = model.learning_rate_init * schedule(step, steps)
            optimizer.zero_grad()
            h = ready[place] if ready is not None else one_hot(x, V).float()
            for i, rnn in enumerate(rnns):
                rnn.weight_hh_l0 = dropout(recurrent[i], model.dropout)        # the same at every step of the chunk
                h, last = rnn(h, states[i])
                states[i] = last.detach()
                h = dropout(h, model.layer_dropout)
            loss = cross_entropy(out(h).reshape(-1, V), y)
            loss.backward()
            clip_grad_norm_(parameters, model.clip)
            optimizer.step()
            step += 1
            if judged(step, steps, model):
                network.load_arrays({name: tensor.detach().numpy().T for name, tensor in named.items()})
                yield step


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.writing", description="A whole training on Hamlet.")
    parser.add_argument("--seeds", type=int, nargs="+", help="seeds of each side's runs (0 1 2; with --quick 0)")
    parser.add_argument("--best", action="store_true", help="also PyTorch at its best: one-hot vectors made before "
                        "the timing, fused Adam")
    parser.add_argument("--threads", type=int, default=2, help="of each run (%(default)s); the runs of a seed are "
                                                               "made side by side if there are cores for all of them, "
                                                               "else one after the other")
    parser.add_argument("--quick", action="store_true", help="tiny network and text, as a test; writes nothing")
    parser.add_argument("--out", type=Path, help="the page to write (benchmarks/results/writing.md)")
    asked = parser.parse_args(arguments)
    if importlib.util.find_spec("torch") is None:
        parser.error("PyTorch is needed for this comparison and is not installed. Try: pip install torch")

    texts, parameters, about = recipe(asked.quick)
    parameters["workers"] = asked.threads                          # our processes share the streams
    sides = [OURS, EAGER, TUNED] if asked.best else [OURS, EAGER]
    together = asked.threads * len(sides) <= (os.cpu_count() or 1)
    facts = [describe(), versions(("numpy", "torch")), f"load average before the run: {load_average()}", about,
             repr(CharRNN(**parameters | {"alphabet": "", "random_state": None})),
             "the runs of a seed side by side" if together else "one run after the other"]
    print("\n".join(facts), flush=True)
    found: Found = {side: {} for side in sides}
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        data = Path(folder) / "data"
        save(texts, data)
        for number, seed in enumerate(asked.seeds or ([0] if asked.quick else [0, 1, 2])):
            turns = [sides] if together else [[side] for side in (sides[::-1] if number % 2 else sides)]
            for turn in turns:
                with ExitStack() as stack:
                    # Our threads are processes: BLAS has one in each.
                    workers = {side: Worker(partial(Run, side, seed, parameters), 1 if side == OURS else asked.threads)
                               for side in turn}
                    for worker in workers.values():
                        stack.callback(worker.close)
                    threads = everyone(workers, "prepare", data, data)
                    for side, answer in everyone(workers, "answer").items():
                        found[side][seed] = answer
                        print(" | ".join(line(side, seed, answer)), flush=True)
                facts += [pools(side, inside) for side, inside in threads.items() if not number]
    given = " ".join(sys.argv[1:] if arguments is None else arguments)
    text = page(facts, f"python -m benchmarks.writing {given}".strip(), found)
    print(text)
    out = None if asked.quick else asked.out or Path(__file__).parent / "results" / "writing.md"
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
        print(f"written: {out}")
    return 0


# ---- the page


def page(facts: list[str], command: str, found: Found) -> str:
    mine, *others = ([float(answer["test"]) for answer in answers.values()] for answers in found.values())
    marks = [f"seconds to {mark} validation bits" for mark in BITS_MARKS]
    return "\n\n".join([
        "# A whole training compared with PyTorch: bits per character, and the time they take",
        "\n".join(f"- {fact}" for fact in facts), f"```\n{command}\n```", (__doc__ or "").split("\n\n", 1)[1].strip(),
        table(["mean over the seeds", "test bits per character", *marks, "seconds in all"],
              [mean_line(side, list(answers.values())) for side, answers in found.items()]),
        *(f"**Beside {side}**: {verdict(mine, other)}" for side, other in zip(list(found)[1:], others, strict=True)),
        "## Run by run", "Seconds are of training alone; a mark is reached at the first judged step at or below it.",
        table(["side", "seed", *marks, "seconds in all", "steps", "step kept", "validation bits", "test bits"],
              [line(side, seed, answer) for side, answers in found.items() for seed, answer in answers.items()]),
    ]) + "\n"


def reached(answer: Arrays, mark: float) -> float:
    """Seconds until the first evaluated step with at most `mark` bits; infinite if there is none."""
    places = np.flatnonzero(answer["bits"] <= mark)
    return float(answer["seconds"][places[0]]) if places.size else math.inf


def line(side: str, seed: int, answer: Arrays) -> list[str]:
    times, kept = [reached(answer, mark) for mark in BITS_MARKS], int(answer["bits"].argmin())
    return [side, str(seed), *("never" if math.isinf(t) else f"{t:.1f}" for t in times), f"{answer['seconds'][-1]:.1f}",
            f"{answer['steps'][-1]:,}", f"{answer['steps'][kept]:,}", f"{answer['bits'][kept]:.3f}",
            f"{float(answer['test']):.3f}"]


def mean_line(side: str, answers: Sequence[Arrays]) -> list[str]:
    bits = [float(answer["test"]) for answer in answers]
    times = [np.mean([reached(answer, mark) for answer in answers]) for mark in BITS_MARKS]
    return [side, f"{np.mean(bits):.3f}" + (f" ± {np.std(bits, ddof=1):.3f}" if len(bits) > 1 else ""),
            *("not with every seed" if math.isinf(t) else f"{t:.1f}" for t in times),
            f"{np.mean([answer['seconds'][-1] for answer in answers]):.1f}"]


def verdict(mine: Sequence[float], other: Sequence[float]) -> str:
    """The verdict by the rule above, from the test bits of each seed."""
    apart = float(np.mean(mine) - np.mean(other))
    if len(mine) < 2:
        return f"ours {apart:+.3f} bits; one seed gives no estimate of the noise."
    noise = float(max(np.std(mine, ddof=1), np.std(other, ddof=1)))
    return (f"ours {apart:+.3f} bits, the larger standard deviation is {noise:.3f}: "
            + ("at least as good within noise." if apart <= noise else "**worse than noise explains.**"))


if __name__ == "__main__":
    sys.exit(main())
