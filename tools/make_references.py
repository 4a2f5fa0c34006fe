"""Records the answers of scikit-learn and PyTorch with which `run_all.py check` compares.

    python tools/make_references.py              every chapter; needs scikit-learn and PyTorch installed

proof/references/<chapter>.npz has one array for every answer, and the versions of the libraries.  The questions stand
in <Chapter>/demo/checks.py: a line Reference(...).
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


def main() -> None:
    from proof.measure import claims_of
    from proof.references import record
    from run_all import CHAPTERS

    for _, folder, *_ in CHAPTERS:
        path = record(folder, claims_of(folder))
        if path is not None:
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
