"""Shows a committed picture in a page, with its caption below it as text, from plots/<chapter>/pictures.md:

    <!-- [[[cog from cog_pictures import picture; picture("rnn/unrolled.png", "Three chains of cells") ]]] -->
    <!-- [[[end]]] -->
"""

import re
from pathlib import Path

PLOTS = Path(__file__).resolve().parent.parent / "plots"


def picture(path: str, alt: str) -> None:
    """path: below plots/.  alt: a text for readers who cannot see the picture."""
    import cog  # type: ignore[import-not-found]  # exists only inside a run of cog

    cog.outl(f"![{alt}](../plots/{path})\n\n*{caption(path)}*")


def caption(path: str) -> str:
    chapter, file = path.split("/")
    page = (PLOTS / chapter / "pictures.md").read_text(encoding="utf-8")
    found = re.search(rf"!\[.*?\]\({re.escape(file)}\)\n\n(.+)", page)
    if found is None:
        raise LookupError(f"plots/{chapter}/pictures.md has no caption of {file}; run_all.py --gallery writes it.")
    return found[1].replace("_", r"\_")
