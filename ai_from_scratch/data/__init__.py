"""The data from which the chapters learn: toy sets, four small tables, MNIST, eight plays, and the user's own text or
table.

Published sets are searched in the folder that AI_FROM_SCRATCH_DATA names, then in the cache, then at their
mirrors (checked by SHA-256); if none has the set, an offline sample is used.  `source` always says which one was used.
"""

from ai_from_scratch.data.dataset import DataError, Dataset, Samples, Text, split
from ai_from_scratch.data.hamlet import load_hamlet, load_play, play_file
from ai_from_scratch.data.mnist import load_mnist
from ai_from_scratch.data.picture import DigitPicture, load_digit
from ai_from_scratch.data.table import Table, load_table
from ai_from_scratch.data.tabular import load_breast_cancer, load_diabetes, load_iris, load_wine
from ai_from_scratch.data.text import load_text
from ai_from_scratch.data.toy import blobs, noisy_line, two_moons

__all__ = [
    "DataError",
    "Dataset",
    "DigitPicture",
    "Samples",
    "Table",
    "Text",
    "blobs",
    "load_breast_cancer",
    "load_diabetes",
    "load_digit",
    "load_hamlet",
    "load_iris",
    "load_mnist",
    "load_play",
    "load_table",
    "load_text",
    "load_wine",
    "noisy_line",
    "play_file",
    "split",
    "two_moons",
]
