"""Prints the lowest versions that pyproject.toml allows, numpy==2.3 …, also of an extra if one is named.

    pip install -e . $(python tools/lowest_versions.py test)
"""

import re
import sys
import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"


def lowest(requirements: list[str]) -> list[str]:
    """["numpy>=2.3"] -> ["numpy==2.3"].  ValueError for a requirement without a lowest version."""
    versions = []
    for requirement in requirements:
        found = re.fullmatch(r"([\w.-]+)\s*[>=]=\s*([\w.]+)", requirement)
        if found is None:
            raise ValueError(f"{requirement!r} names no lowest version: expected name>=version.")
        versions.append(f"{found[1]}=={found[2]}")
    return versions


def main() -> int:
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    extras = [requirement for extra in sys.argv[1:] for requirement in project["optional-dependencies"][extra]]
    print(" ".join(lowest(project["dependencies"] + extras)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
