// What the page was given: the model and its images, read once.

function loaded() {
  Object.assign(SENTENCES, JSON.parse(text_of("strings")));
  const told = JSON.parse(text_of("told"));
  const weights = numbers_of("weights", told.dtype);
  const parameters = {};
  let first = 0;
  for (const [name, shape] of Object.entries(told.parameters)) {
    const size = zeros(shape).data.length;
    parameters[name] = tensor(shape, Float64Array.from(weights.subarray(first, first + size)));
    first += size;
  }
  const { config, places } = told;
  const shape = [...config.image, config.channels];
  const all = numbers_of("images", told.dtype);
  const images = parts(all, told.images.length).map((one) => tensor(shape, Float64Array.from(one)));
  return { told, model: { config, places, parameters }, images };
}

function text_of(id) {
  return document.getElementById(id).textContent;
}

// Base64 of little-endian numbers; every machine with a browser today is little-endian.
function numbers_of(id, dtype) {
  const bytes = Uint8Array.from(atob(text_of(id)), (letter) => letter.charCodeAt(0));
  return dtype === "float64" ? new Float64Array(bytes.buffer) : new Float32Array(bytes.buffer);
}
