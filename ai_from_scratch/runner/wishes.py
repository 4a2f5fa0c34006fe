"""Checks before anything runs that the chosen chapters can use the given options."""

from __future__ import annotations

import argparse
import difflib
import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ai_from_scratch.estimator.rules import ParameterError
from ai_from_scratch.runner.chapter import MODULE_OF_SETTING, Chapter
from ai_from_scratch.runner.options import asked_for, option, settings_of
from ai_from_scratch.runner.usage import UsageError

if TYPE_CHECKING:
    from ai_from_scratch.stage.demo import Settings


# Names that are used elsewhere, and the parameters of this project that mean the same.
USUAL_NAMES = {
    "lr": ("learning_rate_init", "learning_rate"), "eta": ("learning_rate_init", "learning_rate"),
    "k": ("n_neighbors",), "neighbors": ("n_neighbors",), "epochs": ("max_iter",), "steps": ("max_iter",),
    "iterations": ("max_iter",),
    "hidden": ("hidden_layer_sizes", "units"), "hidden_units": ("hidden_layer_sizes", "units"),
    "hidden_size": ("units", "hidden_layer_sizes"), "optimizer": ("solver",), "seed": ("random_state",),
    "regularization": ("alpha", "C"), "l2": ("alpha", "C"), "lambda": ("alpha", "C"),
}


def check_uses(chosen: Sequence[Chapter], chapters: Sequence[Chapter], options: argparse.Namespace) -> None:
    """Raises UsageError if a chosen chapter cannot use an option, and names the chapters that can."""
    unused = {chapter: _unused(chapter, options) for chapter in chosen}
    names = sorted(set().union(*unused.values()))
    if not names:
        _check_parameters(chosen, options)
        return
    cannot = [chapter.title for chapter, missed in unused.items() if missed]
    if excluding := _excluding(unused, options):
        raise UsageError(f"{listed(cannot)} cannot use {listed([option(name) for name in names])} together with "
                         f"{listed([option(name) for name in excluding])}. Leave one of them out")
    can = able(chapters, options)
    others = f"{listed([chapter.name for chapter in can])} can." if can else "No chapter can use these together."
    raise UsageError(f"{listed(cannot)} cannot use {listed([option(name) for name in names])}. {others}")


def able(chapters: Sequence[Chapter], options: argparse.Namespace) -> list[Chapter]:
    """The chapters that can use all the given options."""
    return [chapter for chapter in chapters if not _unused(chapter, options)]


def anything_asked(options: argparse.Namespace) -> bool:
    return bool(asked_for(settings_of(options)) - {"quick", "seed"})


def listed(names: Sequence[str]) -> str:
    """["a", "b", "c"] -> a, b and c"""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _excluding(unused: Mapping[Chapter, set[str]], options: argparse.Namespace) -> list[str]:
    """The options that replace a chapter's whole demo, where the chapter could use the unused options without them."""
    from ai_from_scratch.stage.demo import Settings

    missed = set().union(*unused.values())
    replacing = [name for name in MODULE_OF_SETTING if getattr(options, name) and name not in missed]
    if not replacing:
        return []
    try:
        could = all(names <= _uses(chapter, Settings()) for chapter, names in unused.items() if names)
    except Exception:       # as in _unused: the import fails again when the chapter runs
        return []
    return replacing if could else []


def _unused(chapter: Chapter, options: argparse.Namespace) -> set[str]:
    settings = settings_of(options)
    wanted = set(asked_for(settings) - {"quick", "seed"})
    if not wanted:
        return set()
    try:
        return wanted - _uses(chapter, settings)
    except Exception:       # the import fails again when the chapter runs, and is reported then
        return set()


def _uses(chapter: Chapter, settings: Settings) -> set[str]:
    uses: Any = chapter.demo_class(settings).uses           # an attribute of the class
    return set(uses)


def _check_parameters(chosen: Sequence[Chapter], options: argparse.Namespace) -> None:
    """--set: each chapter's model must have parameters of these names."""
    for chapter in chosen if options.parameters else ():
        model_class = getattr(chapter.demo_class(settings_of(options)), "model_class", None)
        if model_class is None:
            continue
        known = sorted(model_class().get_params(deep=False))
        for name in options.parameters:
            if name not in known:
                near = _meant(name, known)
                suggestion = f"Did you mean {near!r}? " if near else ""
                example = _example(model_class, near, options.parameters[name]) if near else ""
                raise UsageError(f"argument --set: {model_class.__name__} has no parameter {name!r}. {suggestion}"
                                 f"It has: {' '.join(known)}.", example and f"{chapter.name} {example}")
        try:
            _check_values(model_class, options.parameters)
        except ParameterError as error:
            example = error.instead and f"{chapter.name} --set {error.instead}"
            raise UsageError(f"argument --set: {error}", example) from error


def _meant(name: str, known: Sequence[str]) -> str:
    """The parameter that was probably meant by this name, or ""."""
    usual = [other for other in USUAL_NAMES.get(name.lower(), ()) if other in known]
    by_lower = {each.lower(): each for each in known}
    near = [by_lower[each] for each in difflib.get_close_matches(name.lower(), by_lower, n=1)]
    return (usual + near + [""])[0]


def _example(model_class: Any, name: str, value: Any) -> str:
    """--set with this parameter and value, if they fit together, or ""."""
    try:
        _check_values(model_class, {name: value})
    except ParameterError as error:
        return error.instead and f"--set {error.instead}"
    return f"--set {shlex.quote(f'{name}={value}')}"


def _check_values(model_class: Any, parameters: Mapping[str, Any]) -> None:
    """Raises ParameterError for a wrong value.  The model is fitted to no data: every model checks its parameters
    before its data."""
    try:
        model_class(**parameters).fit(None, None)
    except ParameterError:
        raise
    except Exception:       # the values are possible; the error is about the data
        return
