"""Trained arrays in a file: the format safetensors holds named arrays and text, and no code.

    save("model.safetensors", {"W": W, "b": b}, {"vocabulary": "abc"})
    arrays, metadata = load("model.safetensors")

A pickle can run any code of its author; this format is only a header in JSON and raw bytes.  PyTorch and the Hugging
Face libraries can open it, too.  A file is checked before anything is built from it: `load` compares the checksum and
refuses NaN, `check_arrays` compares names, shapes and kinds of number, and `random_generator` makes only NumPy's own
generators.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ai_from_scratch.estimator import plain_text

CHECKSUM = "sha256"           # the metadata's name for the checksum; `load` removes it


class WeightsError(ValueError):
    """A file of weights cannot be written or read.  The message says what was expected and what was found."""


def save(path: str | os.PathLike, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str] | None = None) -> None:
    """Writes arrays (any shape; floats, integers or booleans) and text under a temporary name, then renames the file.

    A program that reads meanwhile finds either the old file or the new one, never half a file; after a crash, too.
    Raises WeightsError for values that are not arrays or text, OSError if the folder cannot be written.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import save as to_bytes

    for name, array in arrays.items():
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub":
            came = f"an array of {array.dtype}" if isinstance(array, np.ndarray) else type(array).__name__
            raise WeightsError(f"{name!r} is {came}; expected a NumPy array of numbers or booleans.")
        if isinstance(array, np.ma.MaskedArray):
            raise WeightsError(f"{name!r} is a masked array, and the file would hold the numbers under the mask. Try "
                               "array.filled(0).")
    for name, text in (metadata or {}).items():
        if name == CHECKSUM:
            raise WeightsError(f"metadata {name!r} is the checksum's name: use another name.")
        if not isinstance(text, str):
            raise WeightsError(f"metadata {name!r} is {type(text).__name__}; expected text: try json.dumps.")
    try:
        ordered = {name: np.asarray(array, order="C") for name, array in arrays.items()}
        content = to_bytes(ordered, {**(metadata or {}), CHECKSUM: checksum(ordered, metadata or {})})
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


def checksum(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> str:
    """SHA-256 of names, kinds of number, shapes and bytes, and of the text, in the order of the names."""
    about = [[name, array.dtype.newbyteorder("<").str, array.shape] for name, array in sorted(arrays.items())]
    found = hashlib.sha256(json.dumps([about, sorted(metadata.items())]).encode())
    for _, array in sorted(arrays.items()):
        found.update(array.astype(array.dtype.newbyteorder("<"), order="C", copy=False).tobytes())
    return found.hexdigest()


def load(path: str | os.PathLike, *, finite: bool = True) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The arrays by name, and the text that was saved with them ({} if there was none).

    Raises WeightsError for a file that is missing, not safetensors, or cut short; for a file that differs from its
    checksum (files of other programs have none); and, if `finite`, for arrays with NaN or infinity.
    """
    from safetensors import safe_open

    path = Path(path)
    if not os.path.isfile(path):
        came = "a directory" if os.path.isdir(path) else "nothing of that name"
        raise WeightsError(f"{path}: expected a .safetensors file, got {came}. Check the path.")
    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            metadata = dict(file.metadata() or {})
    except Exception as error:  # besides SafetensorError: numbers or shapes that NumPy does not have
        size = path.stat().st_size
        raise WeightsError(
            f"{path}: expected a complete .safetensors file, got {size:,} bytes that are not one ({error}). "
            "Download or save it again."
        ) from error
    expected = metadata.pop(CHECKSUM, None)
    if expected is not None and expected != checksum(arrays, metadata):
        raise WeightsError(f"{path}: the file is damaged: it differs from its checksum. Fetch or save it again.")
    for name, array in arrays.items():
        if finite and array.dtype.kind == "f" and not np.isfinite(array).all():
            raise WeightsError(f"{path}: {name!r} contains NaN or infinity instead of finite numbers: the saved "
                               "training had diverged. Train again, or use an earlier file.")
    return arrays, metadata


def check_arrays(arrays: Mapping[str, np.ndarray], shapes: Mapping[str, tuple[int, ...]], dtype: Any = None) -> None:
    """WeightsError unless the arrays have exactly these names, these shapes and, if given, this dtype.

    Call it before a model is built: then a file cannot demand more memory than its own size.
    """
    missing, extra = sorted(shapes.keys() - arrays.keys()), sorted(arrays.keys() - shapes.keys())
    if missing or extra:
        differ = [f"{words} {', '.join(map(repr, names[:5]))}{', …' if len(names) > 5 else ''}"
                  for words, names in (("without", missing), ("with", extra)) if names]
        raise WeightsError(f"Expected the {len(shapes)} arrays of this model, got a file {' and '.join(differ)}: these "
                           "are another model's weights.")
    for name, shape in shapes.items():
        if arrays[name].shape != tuple(shape):
            raise WeightsError(f"{name!r}: expected the shape {tuple(shape)}, got {arrays[name].shape}: these are "
                               "another model's weights.")
        if dtype is not None and arrays[name].dtype != dtype:
            raise WeightsError(f"{name!r}: expected numbers of {np.dtype(dtype)}, got {arrays[name].dtype}.")


def random_generator(state: Any) -> np.random.Generator:
    """The generator with this `bit_generator.state`.  WeightsError for anything except NumPy's own five."""
    try:
        return plain_text.random_generator(state)
    except ValueError as error:
        raise WeightsError(str(error)) from error
