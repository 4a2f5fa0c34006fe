"""Finds fonts of this machine for letters that Matplotlib's own fonts lack: the classes of a table may be Chinese.

Matplotlib draws a letter with the first font of a list that has it, so all other pictures stay as they are.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache

import matplotlib
from matplotlib.font_manager import FontProperties, findfont, findSystemFonts, fontManager
from matplotlib.ft2font import FT2Font

OWN = "DejaVu Sans"                        # comes with Matplotlib, as DejaVu Sans Mono does
BOX = "□"                                  # stands for a letter that no font has
NOT_FOR_READING = re.compile(r"last ?resort|blank|notdef", re.IGNORECASE)      # fonts with a box for every letter
# Files of fonts.  The list that Matplotlib keeps may be older than the newest font.
SOURCES: tuple[Callable[[], Iterable[str]], ...] = (
    lambda: [entry.fname for entry in fontManager.ttflist], findSystemFonts)

added: list[str] = []                      # names of fonts of this machine that are in use, the first the most useful


def family(own: str = OWN) -> list[str]:
    """The `family` of a text: Matplotlib's own font, then the fonts of this machine that `provide` has found."""
    return [own, *added]


def provide(text: str) -> str:
    """Takes into use the fonts that have the text's letters; returns the letters that no font has."""
    missing = {letter for letter in set(text) if letter.isprintable() and not drawable(letter)}
    for source in SOURCES:
        have = {path: letters for path in sorted(source()) if (letters := _letters(path, missing))} if missing else {}
        while have and missing:            # the font with the most of them, then the one with the most of the rest …
            best = max(have, key=lambda path: (len(have[path] & missing), _plainness(path)))
            if not have[best] & missing:
                break
            fontManager.addfont(best)
            added.append(FT2Font(best).family_name)
            missing -= have.pop(best)
            matplotlib.rcParams["font.family"] = family()
    return "".join(sorted(missing))


def drawable(letter: str, own: str = OWN) -> bool:
    """True if a font in use has this letter."""
    return letter.isspace() or any(_has(name, letter) for name in family(own))


def shown(text: str, own: str = OWN) -> str:
    """The text with a box for each letter that no font in use has."""
    return "".join(letter if letter == "\n" or (letter.isprintable() and drawable(letter, own)) else BOX
                   for letter in text)


def short(name: str, most: int = 26) -> str:
    """The name, shortened for a picture, with boxes for letters that no font has; the dollar sign is escaped, because
    it begins a formula."""
    return shown(name if len(name) <= most else name[: most - 1] + "…").replace("$", r"\$")


def told(missing: str) -> str:
    """A sentence on the letters that no font has; "" if there are none."""
    if not missing:
        return ""
    which = "this character" if len(missing) == 1 else f"these {len(missing)} characters"
    return (f"No font of this machine has {which}: {missing[:20]}{'…' * (len(missing) > 20)}. In the pictures there "
            f"are boxes, {BOX}. The next run finds a font that you install: for Chinese, Japanese and Korean, for "
            "example, Noto Sans CJK.")


@cache
def _has(name: str, letter: str) -> bool:
    return bool(_letters(findfont(FontProperties(family=[name]), fallback_to_default=False), {letter}))


def _letters(path: str, wanted: set[str]) -> set[str]:
    """Those of the wanted letters that the font in this file has."""
    try:
        font = FT2Font(path)
        usable = font.scalable and not NOT_FOR_READING.search(font.family_name)
        return {letter for letter in wanted if font.get_char_index(ord(letter))} if usable else set()
    except (OSError, RuntimeError, ValueError):          # the file is gone, or FreeType cannot read it
        return set()


def _plainness(path: str) -> int:
    """Larger for an upright font without serifs."""
    name = f"{(font := FT2Font(path)).family_name} {font.style_name}".lower()
    return (("sans" in name or "gothic" in name) - ("serif" in name) - ("mono" in name)
            - 2 * any(word in name for word in ("bold", "black", "light", "thin", "italic", "oblique")))
