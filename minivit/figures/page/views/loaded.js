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

// A model, from what is told of it and the element that holds its weights.
function model_of(told, id) {
  const is_packed = told.dtype === "float32";
  const weights = is_packed ? unpacked_floats(bytes_of(text_of(id))) : numbers_of(id, told.dtype);
  const parameters = {};
  let first = 0;
  for (const [name, shape] of Object.entries(told.parameters)) {
    const size = zeros(shape).data.length;
    parameters[name] = tensor(shape, Float64Array.from(weights.subarray(first, first + size)));
    first += size;
  }
  const { config, places } = told;
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
