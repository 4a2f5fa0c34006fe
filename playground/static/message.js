// A message of the engine as an object: see playground/message.py, which writes it.

const TYPES = {
  float32: Float32Array, float64: Float64Array, int8: Int8Array, uint8: Uint8Array, int16: Int16Array,
  uint16: Uint16Array, int32: Int32Array, uint32: Uint32Array, int64: BigInt64Array, uint64: BigUint64Array,
};

// known: kept by the caller for one run, since an array that did not change is not sent again.
// An array becomes a typed array with a property `shape`; whole numbers of 64 bits become float64.
export function decode(buffer, known = new Map()) {
  const length = new DataView(buffer).getUint32(0, true);
  const start = 4 + length;
  const putIn = (value, place) => {
    if (Array.isArray(value)) return value.map((item, index) => putIn(item, `${place}/${index}`));
    if (value === null || typeof value !== "object") return value;
    if (!("$" in value)) {
      return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, putIn(item, `${place}/${name}`)]));
    }
    if (value.$ !== "same") {
      const [dtype, shape, offset] = value.$;
      const count = shape.reduce((product, size) => product * size, 1);
      let array = new TYPES[dtype](buffer, start + offset, count);
      if (dtype.endsWith("int64")) array = Float64Array.from(array, Number);
      array.shape = shape;
      known.set(place, array);
    }
    return known.get(place);
  };
  return putIn(JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length))), "");
}
