"""A message of the engine: a JSON header, then the arrays, raw and little-endian, in the form of a page's typed arrays.

    4 bytes    length of the header          In the header an array is {"$": [dtype, shape, offset]},
    header     JSON in UTF-8                 or {"$": "same"}: the array at this place in the frame before.
    arrays     each at a multiple of 8       Numbers that are not finite are null.

NumPy is not imported: any object with the buffer protocol is an array.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

DTYPES = {"f": "float32", "d": "float64", "?": "uint8"}    # the dtype for each buffer format; for integers see dtype_of
Known = dict[str, Any]                                      # place in the header -> the last array that was sent there


def encode(header: Mapping[str, Any], known: Known | None = None) -> bytes:
    """known: the caller keeps it for one run. An array is not sent again if it is the same object as the last one at
    its place."""
    arrays: list[bytes] = []
    known = {} if known is None else known
    text = json.dumps(_plain(header, "", arrays, known), ensure_ascii=False, allow_nan=False).encode()
    text += b" " * (-(4 + len(text)) % 8)
    return b"".join([len(text).to_bytes(4, "little"), text, *arrays])


def decode(message: bytes, known: Known | None = None) -> Any:
    """The header with its arrays as memoryviews of their shape; `numpy.asarray` takes them."""
    start = 4 + int.from_bytes(message[:4], "little")
    known = {} if known is None else known

    def put_in(value: Any, place: str) -> Any:
        if isinstance(value, list):
            return [put_in(item, f"{place}/{index}") for index, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        if "$" not in value:
            return {name: put_in(item, f"{place}/{name}") for name, item in value.items()}
        if value["$"] != "same":
            dtype, shape, offset = value["$"]
            code: Any = {"float32": "f", "float64": "d", "uint8": "B", "int8": "b", "int16": "h", "uint16": "H",
                    "int32": "i", "uint32": "I", "int64": "q", "uint64": "Q"}[dtype]
            size = math.prod(shape) * int(_bits(dtype) / 8)
            raw = memoryview(message)[start + offset : start + offset + size]
            known[place] = raw.cast(code, shape) if size else raw
        return known[place]

    return put_in(json.loads(message[4:start]), "")


def _plain(value: Any, place: str, arrays: list[bytes], known: Known) -> Any:
    """The value in the form of JSON; its arrays are added to `arrays`."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): _plain(item, f"{place}/{name}", arrays, known) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, f"{place}/{index}", arrays, known) for index, item in enumerate(value)]
    try:
        buffer = memoryview(value)
    except TypeError:
        raise TypeError(f"frame{place.replace('/', '.')} is a {type(value).__name__}: a frame holds JSON values and "
                        "arrays of numbers.") from None
    if not buffer.shape:                                    # a scalar of NumPy
        return _plain(buffer.tolist(), place, arrays, known)
    if known.get(place) is value:
        return {"$": "same"}
    known[place] = value
    offset = sum(map(len, arrays))
    raw = buffer.tobytes()
    arrays.append(raw + bytes(-len(raw) % 8))
    return {"$": [dtype_of(buffer, place), list(buffer.shape), offset]}


def dtype_of(buffer: memoryview, place: str = "") -> str:
    code = buffer.format.lstrip("<=@")
    if code in DTYPES:
        return DTYPES[code]
    if code in "bhilq":
        return f"int{8 * buffer.itemsize}"
    if code in "BHILQ":
        return f"uint{8 * buffer.itemsize}"
    raise TypeError(f"frame{place.replace('/', '.')} is an array of format {buffer.format!r}: use float32, float64, "
                    "int32, uint8 or bool.")


def _bits(dtype: str) -> int:
    return int(dtype.lstrip("floatuin"))
