// What the page was given: the model and its images, read once.

function loaded() {
  Object.assign(SENTENCES, JSON.parse(text_of("strings")));
  const told = JSON.parse(text_of("told"));
  const { config, places } = told;
  const images = new Images(told);
  if (told.recorded) {
    const lines = text_of("recorded").split("\n");
    const halves = (i) => new Uint16Array(bytes_of(lines[i]).buffer);
    const recording = new Recording(told.recorded.arrays, halves);
    const parameters = recording.parameters();
    const model = { config, places, parameters, off: told.recorded.off };
    return { told, model, images, recording };
  }
  return { told, model: model_of(told, "weights"), images };
}

// A model, from what is told of it and the element that holds its weights. They are read when the
// first is asked for: where a worker runs the model, the page itself may need none.
function model_of({ config, places, dtype, parameters: shapes }, id) {
  const parameters = {};
  const weights = {};
  const packed = () => unpacked_floats(bytes_of(text_of(id)));
  define_lazily(weights, "all", dtype === "float32" ? packed : () => numbers_of(id, dtype));
  let first = 0;
  for (const [name, shape] of Object.entries(shapes)) {
    const [from, to] = [first, first + shape.reduce((size, side) => size * side, 1)];
    const read = () => tensor(shape, new Float64Array(weights.all.subarray(from, to)));
    define_lazily(parameters, name, read);
    first = to;
  }
  return { config, places, parameters };
}

// In a worker there are no elements: it is given their texts. (worker.js)
const GIVEN = {};

function text_of(id) {
  return GIVEN.texts ? GIVEN.texts[id] : document.getElementById(id).textContent;
}

// Little-endian numbers; every machine with a browser today is little-endian.
function numbers_of(id, dtype) {
  const { buffer } = bytes_of(text_of(id));
  return dtype === "float64" ? new Float64Array(buffer) : new Float32Array(buffer);
}
