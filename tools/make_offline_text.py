"""Makes the text that the RNN learns if the play is not available: the prose of this project's own pages.

    python tools/make_offline_text.py

Code, tables, formulas and the sentences around long ones are left out; a short formula is written in words, and the
description of a picture stays.  The file is fixed. It is made again only on purpose, because another text gives other
numbers in the RNN's offline run.
"""

import re
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEXT_FILE = ROOT / "ai_from_scratch" / "data" / "files" / "pages.txt"
PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", *(f"documentation/{name}.md" for name in (
    "linear_regression", "logistic_regression", "knn", "naive_bayes", "basic_neural_network", "cnn", "rnn"))]
WIDTH = 72                                            # characters of a line
FEWEST_WORDS = 4                                      # of a sentence; shorter ones are rests of a list
LEFT_OUT = [                                          # what stands between paragraphs
    re.compile(r"<!--.*?-->", re.DOTALL),
    re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE),
    re.compile(r"^\$\$.*?\$\$", re.DOTALL | re.MULTILINE),
    re.compile(r"^(?:\||#).*$", re.MULTILINE),
]
LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
FORMULA = re.compile(r"\$([^$\n]{1,40})\$")
ITEM = re.compile(r"^(?:[-*]|\d+\.) ", re.MULTILINE)
MARKS = re.compile(r"\*\*|`|(?<![A-Za-z0-9*])\*|\*(?![A-Za-z0-9*])")       # bold, code, emphasis
PLAIN_SIGNS = str.maketrans("‘’“”–—−×·²", "''\"\"---x*2")
SENTENCE_PATTERN = re.compile(r"[A-Z][A-Za-z0-9 ,;:'\"()%?!./_=+*-]*[.?!:][)\"]?")


def in_words(formula: re.Match[str]) -> str:
    """A formula of one line without fractions and sums, in words; any other formula stays, and its sentence is
    removed."""
    text = re.sub(r"\\(?:times|cdot)\b", "x", formula[1].replace(r"^\top", ".T"))
    text = re.sub(r"\\([A-Za-z]+) ?", r"\1 ", text)
    return formula[0] if re.search(r"frac|sum|sqrt|partial|begin", text) else re.sub(r"[{}^\\]", "", text).strip()


def prose(page: str) -> list[str]:
    """The paragraphs of a Markdown page, of their plain sentences only, wrapped."""
    for kind in LEFT_OUT:
        page = kind.sub("\n\n", page)
    paragraphs = []
    for paragraph in re.split(r"\n\s*\n|\n(?=[-*] |\d+\. )", page):
        text = LINK.sub(r"\1", ITEM.sub("", paragraph.strip()))
        text = MARKS.sub("", FORMULA.sub(in_words, text).translate(PLAIN_SIGNS))
        if text[-1:].isalnum():                       # the words beside a picture
            text += "."
        sentences = re.split(r"(?<=[.?!])\s+(?=[A-Z\"(])", " ".join(text.split()))
        plain = [sentence for sentence in sentences
                 if SENTENCE_PATTERN.fullmatch(sentence) and len(sentence.split()) >= FEWEST_WORDS]
        if plain:
            paragraphs.append(textwrap.fill(" ".join(plain), WIDTH))
    return paragraphs


def main() -> None:
    pages = [(ROOT / page).read_text(encoding="utf-8") for page in PAGES]
    paragraphs = dict.fromkeys(paragraph for page in pages for paragraph in prose(page))   # each once
    TEXT_FILE.write_text("\n\n".join(paragraphs) + "\n", encoding="ascii", newline="\n")
    print(f"{TEXT_FILE.stat().st_size:,} bytes in {len(paragraphs)} paragraphs: {TEXT_FILE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
