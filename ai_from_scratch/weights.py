"""Trained arrays in a file: safetensors holds named arrays and text, and no code.

    save("model.safetensors", {"W": W, "b": b}, {"vocabulary": "abc"})
    arrays, metadata = load("model.safetensors")

A pickle can run any code that its author put into it.  This format is a header in JSON, followed by raw bytes.  PyTorch
and the Hugging Face libraries read it too.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np


class WeightsError(ValueError):
    """A file of weights that cannot be written or read.  The message says what was expected and what was found."""


def save(path: str | os.PathLike, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str] | None = None) -> None:
    """Writes arrays (any shape; floats, integers or booleans) and text under a temporary name, then renames the file.

    Another program that reads meanwhile finds the old file or the new one, never half of one; so does a reader after a
    crash.  Raises WeightsError for values that are not arrays or text, OSError if the folder cannot be written.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import save as to_bytes

    for name, array in arrays.items():
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub":
            came = f"an array of {array.dtype}" if isinstance(array, np.ndarray) else type(array).__name__
            raise WeightsError(f"{name!r} is {came}; expected a NumPy array of numbers or booleans.")
    for name, text in (metadata or {}).items():
        if not isinstance(text, str):
            raise WeightsError(f"metadata {name!r} is {type(text).__name__}; expected text: try json.dumps.")
    try:
        content = to_bytes({name: np.asarray(array, order="C") for name, array in arrays.items()},
                           dict(metadata) if metadata else None)
    except SafetensorError as error:
        raise WeightsError(f"These arrays cannot be saved as safetensors: {error}.") from error

    path = Path(path)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")   # a rename cannot cross file systems
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())                                 # the content must reach the disk first
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def load(path: str | os.PathLike) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The arrays by name, and the text that was saved with them ({} if there was none).

    Raises WeightsError for a file that is missing, is not safetensors, or is incomplete.
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    if not path.is_file():
        came = "a directory" if path.is_dir() else "nothing of that name"
        raise WeightsError(f"{path}: expected a .safetensors file, got {came}. Check the path.")
    try:
        with safe_open(path, framework="numpy") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (SafetensorError, TypeError, OSError) as error:   # TypeError: a type that NumPy lacks, bfloat16
        size = path.stat().st_size
        raise WeightsError(
            f"{path}: expected a complete .safetensors file, got {size:,} bytes that are not one ({error}). "
            "Download or save it again."
        ) from error
