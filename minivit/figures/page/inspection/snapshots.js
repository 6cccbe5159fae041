// A snapshot's weights, as they were rounded.   (minivit/figures/page/rounding.py)
//
//     float16   two bytes a number
//     int8      of a matrix: a float32 scale for each column, then a byte a number,   w = q scale;
//               a vector is float32

// shapes: {name: shape}, in the order of the bytes -> {name: tensor}
function decoded_snapshot(bytes, shapes, kind) {
  let first = 0;
  const taken = (count, Kind) => {
    const from = first;
    first += count * Kind.BYTES_PER_ELEMENT;
    return new Kind(bytes.slice(from, first).buffer);
  };
  const parameters = {};
  for (const [name, shape] of Object.entries(shapes)) {
    const size = shape.reduce((product, side) => product * side, 1);
    let numbers;
    if (kind === "float16") {
      numbers = Float64Array.from(taken(size, Uint16Array), number_of_half);
    } else if (shape.length < 2) {
      numbers = Float64Array.from(taken(size, Float32Array));
    } else {
      const scale = taken(shape.at(-1), Float32Array);
      numbers = Float64Array.from(taken(size, Int8Array), (q, i) => q * scale[i % scale.length]);
    }
    parameters[name] = tensor(shape, numbers);
  }
  return parameters;
}

// The 16 bits of a finite number of half precision: a sign, 5 of the exponent, 10 of the fraction.
function number_of_half(bits) {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size = exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24;
  return bits >> 15 ? -size : size;
}

// A model whose weights are those of `model` less those of `first`: what was learned in between.
function learned_since(first, model) {
  const less = ([name, x]) => [name, mapped(x, (w, i) => w - first.parameters[name].data[i])];
  return { ...model, parameters: Object.fromEntries(Object.entries(model.parameters).map(less)) };
}
