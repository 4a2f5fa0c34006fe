"""Python's and NumPy's values as JSON, with their types, and back: everything that a file can hold without a pickle.

    None, True, 3, 0.5, "a", [1, 2]     as they are
    (1, 2)                              {"tuple": [1, 2]}
    np.float32(0.5)                     {"number": 0.5, "dtype": "float32"}
    an array of many numbers            {"array": "coef_", "order": "C"}, and the array itself among the file's arrays
    an array of text, or a short one    {"values": ["a", "b"], "dtype": "<U1", "shape": [2]}

A file can name only these types and the kinds that a model lists: reading a file runs no code from it.
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

GENERATORS: dict[str, Any] = {kind.__name__: kind for kind in (
    np.random.MT19937, np.random.PCG64, np.random.PCG64DXSM, np.random.Philox, np.random.SFC64)}
SPARE_NUMBERS = 10**6    # so that a missing small array is reported by its name
LONGEST_LIST = 1000      # longest array of whole numbers or booleans that becomes text, as class labels do


def encode(value: Any, name: str, arrays: dict[str, np.ndarray], kinds: Sequence[type] = ()) -> Any:
    """A value in the form of JSON; its long arrays go into `arrays`, under names that begin with `name`.

    kinds: classes whose objects can be made again from their `__getnewargs__`, such as NamedTuples.  ValueError for
        values that cannot be stored, for example functions.
    """
    def inner(part: Any, key: Any) -> Any:
        return encode(part, f"{name}.{key}", arrays, kinds)

    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, np.ndarray):
        return _encode_array(value, name, arrays, kinds)
    if isinstance(value, np.generic) and value.dtype.kind in "biufUS" and not isinstance(value, np.longdouble):
        return {"number": inner(value.item(), "item"), "dtype": str(value.dtype)}
    if type(value) is list:
        return [inner(part, index) for index, part in enumerate(value)]
    if type(value) is tuple:
        return {"tuple": inner(list(value), "tuple")}
    if type(value) is bytes:
        return {"bytes": value.hex()}
    if type(value) is dict:
        return {"dict": inner([list(pair) for pair in value.items()], "dict")}
    if isinstance(value, np.random.Generator):
        return {"Generator": inner(value.bit_generator.state, "state")}
    if isinstance(value, np.random.RandomState):
        return {"RandomState": inner(value.get_state(legacy=False), "state")}
    if type(value) in kinds:
        return {"kind": type(value).__name__, "arguments": inner(list(value.__getnewargs__()), "arguments")}
    raise ValueError(f"{name} is {value!r}, which a file of weights cannot hold: it holds numbers, text, arrays, "
                     "lists, tuples, dictionaries and random generators.")


def _encode_array(value: np.ndarray, name: str, arrays: dict[str, np.ndarray], kinds: Sequence[type]) -> Any:
    kind = value.dtype.kind
    if kind == "f" or (kind in "iub" and value.size > LONGEST_LIST):
        # The order in memory is stored: with another order a product of matrices may round differently.
        columns_first = value.flags.f_contiguous and not value.flags.c_contiguous
        arrays[name] = np.array(value.T if columns_first else value, order="C")
        return {"array": name, "order": "F" if columns_first else "C"}
    if kind not in "iubUSTO":
        raise ValueError(f"{name} is an array of {value.dtype}, which a file of weights cannot hold.")
    return {"values": encode(value.ravel().tolist(), name, arrays, kinds), "shape": list(value.shape),
            "dtype": "T" if kind == "T" else str(value.dtype)}


def decode(told: Any, arrays: Mapping[str, np.ndarray], kinds: Sequence[type] = ()) -> Any:
    """The value from which `encode` made this.  ValueError, KeyError or TypeError for anything that `encode` did not
    write."""
    def inner(part: Any) -> Any:
        return decode(part, arrays, kinds)

    if isinstance(told, list):
        return [inner(part) for part in told]
    if not isinstance(told, dict):
        return told
    match told:
        case {"array": name, "order": order}:
            return np.array(arrays[name], order="C").T if order == "F" else np.array(arrays[name], order="C")
        case {"values": values, "dtype": dtype, "shape": shape}:
            flat = np.empty(len(values), np.dtypes.StringDType() if dtype == "T" else np.dtype(dtype))
            flat[:] = inner(values)
            return flat.reshape(shape)
        case {"number": number, "dtype": dtype}:
            return np.dtype(dtype).type(inner(number))
        case {"tuple": parts}:
            return tuple(inner(parts))
        case {"bytes": digits}:
            return bytes.fromhex(digits)
        case {"dict": pairs}:
            return {key: part for key, part in inner(pairs)}
        case {"Generator": state}:
            return random_generator(inner(state))
        case {"RandomState": state}:
            random_state = np.random.RandomState()
            random_state.set_state(inner(state))
            return random_state
        case {"kind": name, "arguments": arguments}:
            return {kind.__name__: kind for kind in kinds}[name](*inner(arguments))
    raise ValueError(f"expected a value that `save` wrote, got {told!r}")


def from_json(text: str) -> Any:
    """The value of a text in JSON; a ValueError says which text is none."""
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"expected a text in JSON, got {text[:40]!r}") from error


def random_generator(state: Any) -> np.random.Generator:
    """The generator with this `bit_generator.state`.  ValueError for anything except NumPy's own five."""
    kind = state.get("bit_generator") if isinstance(state, Mapping) else None
    if not isinstance(kind, str) or kind not in GENERATORS:
        raise ValueError(f"Expected the state of a random generator ({', '.join(GENERATORS)}), got {str(state)[:60]}.")
    bits = GENERATORS[kind](0)
    try:
        bits.state = state
    except Exception as error:        # each kind fails in another way
        raise ValueError(f"The state of the random generator {kind} is damaged: {error!r}.") from error
    return np.random.Generator(bits)


class BoundedGenerator(np.random.Generator):
    """Draws only about as many initial weights as a file holds: a file cannot demand much more memory than its own
    size."""

    def __init__(self, bit_generator: np.random.BitGenerator, numbers: int) -> None:
        super().__init__(bit_generator)
        self.numbers, self.left = numbers, numbers + SPARE_NUMBERS

    def _spend(self, size: Any) -> None:
        self.left -= math.prod(np.atleast_1d(size).tolist())
        if self.left < 0:
            raise ValueError(f"it describes a network of more than the {self.numbers:,} numbers that it holds")

    def standard_normal(self, size: Any = None, *arguments: Any, **named: Any) -> Any:
        self._spend(size or ())
        return super().standard_normal(size, *arguments, **named)

    def uniform(self, low: Any = 0.0, high: Any = 1.0, size: Any = None) -> Any:
        self._spend(size or ())
        return super().uniform(low, high, size)
