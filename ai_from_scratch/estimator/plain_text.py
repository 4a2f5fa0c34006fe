"""Python's and NumPy's values as JSON, and back, with their types: what a file can hold without a pickle.

    None, True, 3, 0.5, "a", [1, 2]     as they are
    (1, 2)                              {"tuple": [1, 2]}
    np.float32(0.5)                     {"number": 0.5, "dtype": "float32"}
    an array of many numbers            {"array": "coef_", "order": "C"}, and the array itself among the file's arrays
    an array of text, or a short one    {"values": ["a", "b"], "dtype": "<U1", "shape": [2]}

A file can name only what stands here and the kinds that a model lists: reading it runs no code of its author's.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

LONGEST_LIST = 1000      # whole numbers or booleans of an array that still become text, as class labels do


def encode(value: Any, name: str, arrays: dict[str, np.ndarray], kinds: Sequence[type] = ()) -> Any:
    """What JSON can hold of a value; its long arrays go into `arrays`, under names that begin with `name`.

    kinds: classes whose objects are made again from their `__getnewargs__`, as a NamedTuple is.  ValueError for what
    cannot be kept: functions, for one.
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
        # The order in memory is kept: a product of matrices may round differently in another one.
        columns_first = value.flags.f_contiguous and not value.flags.c_contiguous
        arrays[name] = np.array(value.T if columns_first else value, order="C")
        return {"array": name, "order": "F" if columns_first else "C"}
    if kind not in "iubUSTO":
        raise ValueError(f"{name} is an array of {value.dtype}, which a file of weights cannot hold.")
    return {"values": encode(value.ravel().tolist(), name, arrays, kinds), "shape": list(value.shape),
            "dtype": "T" if kind == "T" else str(value.dtype)}


def decode(told: Any, arrays: Mapping[str, np.ndarray], kinds: Sequence[type] = ()) -> Any:
    """The value that `encode` was given.  ValueError, KeyError or TypeError for what it never wrote."""
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
            return _generator(inner(state))
        case {"RandomState": state}:
            random_state = np.random.RandomState()
            random_state.set_state(inner(state))
            return random_state
        case {"kind": name, "arguments": arguments}:
            return {kind.__name__: kind for kind in kinds}[name](*inner(arguments))
    raise ValueError(f"{told!r} is nothing that was saved")


def _generator(state: dict[str, Any]) -> np.random.Generator:
    named = {"PCG64": np.random.PCG64, "PCG64DXSM": np.random.PCG64DXSM, "MT19937": np.random.MT19937,
             "Philox": np.random.Philox, "SFC64": np.random.SFC64}
    bit_generator = named[state["bit_generator"]](0)
    bit_generator.state = state
    return np.random.Generator(bit_generator)
