"""Writes the README's table of chapters from plots/results.json, so that its numbers come from a run.

    AI_FROM_SCRATCH_DATA=data python run_all.py all --gallery
    cog -r -I tools README.md
"""

import ast
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMAND = "python run_all.py all --gallery"
PICTURES = {   # the most informative picture of each chapter; its Picture says dark=True
    "linear": "loss_bowl.png", "logistic": "boundary.png", "knn": "query.png", "bayes": "ellipses.png",
    "nn": "units.png", "cnn": "saliency.png", "rnn": "looking_back.png",
}
WORDS_OF_METRIC = {"test_accuracy": ("test accuracy", 100, " %"), "test_r2": ("test R²", 1, ""),
         "test_bits_per_char": ("bits per character", 1, "")}


def table() -> None:
    """A row for each chapter of run_all.py: its picture, its description, its result and the baseline's."""
    import cog  # type: ignore[import-not-found]  # exists only inside a run of cog

    tree = ast.parse((ROOT / "run_all.py").read_text(encoding="utf-8"))
    rows = next(ast.literal_eval(node.value) for node in tree.body
                if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CHAPTERS")
    results = json.loads((ROOT / "plots" / "results.json").read_text(encoding="utf-8"))
    chapters = {chapter["name"]: chapter for chapter in results["chapters"]}
    cog.outl("| | chapter | measured | baseline |\n| --- | --- | --- | --- |")
    for name, folder, _, what, data, *_ in rows:
        stem = folder.removesuffix("_From_Scratch").lower()
        title = folder.removesuffix("_From_Scratch").replace("_", " ")
        chapter = chapters[name]
        metric = next(key for key in WORDS_OF_METRIC if key in chapter["metrics"])
        words, factor, unit = WORDS_OF_METRIC[metric]
        ours = f"{words} {factor * chapter['metrics'][metric]:.4g}{unit}"
        base = f"{chapter['baseline']['name']}: {factor * chapter['baseline'][metric]:.3g}{unit}"
        page = f"documentation/{stem}.md"
        light, dark = f"plots/{stem}/{PICTURES[name]}", f"plots/{stem}/{PICTURES[name].replace('.', '_dark.')}"
        picture = (f"[<picture><source media=\"(prefers-color-scheme: dark)\" srcset=\"{dark}\"><img src=\"{light}\" "
                   f"width=\"220\" alt=\"{title}\"></picture>]({page})")
        cog.outl(f"| {picture} | **[{title}]({folder}/{stem}.py)**: {what}<br>`run_all.py {name}` · {data} · "
                 f"[mathematics]({page}) | {ours}, {chapter['seconds']:.0f} s | {base} |")
    versions = results["versions"]
    cog.outl(f"\nMeasured on two cores with `{COMMAND}`, full MNIST and Hamlet, seed {results['seed']}, "
             f"Python {versions['python']}, NumPy {versions['numpy']}; seconds are for the whole chapter, its pictures "
             "and its GIF included.")
