// What somebody changes of a model or an image, to see what becomes of the answer.
//
//     {kind: "pixel", row, column, level}    the pixel's channels, from 0 (black) to 1 (white)
//     {kind: "patch", n, level}              all pixels of a patch
//     {kind: "head", block, head}            the head's values become 0: it adds nothing
//     {kind: "positions"}                    no token is told where it lies
//     {kind: "weight", name, index, value}   one number of a parameter, by its flat index
//
// A level may be a list, of one for each channel.

// The model and the image after these changes; both are left alone.
function changed(model, image, changes, ink) {
  let now = { model, image };
  for (const change of changes) now = CHANGES[change.kind](now, change, ink);
  return now;
}

const CHANGES = {
  pixel: ({ model, image }, { row, column, level }, ink) => {
    const painted_image = copied(image);
    paint(painted_image, row, column, level, ink);
    return { model, image: painted_image };
  },
  patch: ({ model, image }, { n, level }, ink) => {
    const painted_image = copied(image);
    const { patch, channels } = model.config;
    for (let j = 0; j < patch[0] * patch[1] * channels; j += channels) {
      const [row, column] = pixel_of(model.config, [n, j]);
      paint(painted_image, row, column, level, ink);
    }
    return { model, image: painted_image };
  },
  head: ({ model, image }, { block, head }) => {
    const { head_width: K, heads } = model.config;
    const is_silent = (column) => Math.floor(column / K) === 2 * heads + head; // ordered (3, H, K)
    const changed_parameters = {};
    for (const last of ["w_qkv", "b_qkv"]) {
      const name = `blocks.${block}.attention.${last}`;
      if (name in model.parameters) {
        changed_parameters[name] = mapped(model.parameters[name], (w, i) =>
          is_silent(i % (3 * heads * K)) ? 0 : w,
        );
      }
    }
    return { model: with_parameters(model, changed_parameters), image };
  },
  positions: ({ model, image }) => {
    const name = "embed.positions";
    const table = model.parameters[name];
    const told = with_parameters(model, table ? { [name]: zeros(table.shape) } : {});
    return { model: { ...told, config: { ...model.config, positions: "none" } }, image };
  },
  weight: ({ model, image }, { name, index, value }) => {
    const parameter = copied(model.parameters[name]);
    parameter.data[index] = value;
    return { model: with_parameters(model, { [name]: parameter }), image };
  },
};

function with_parameters(model, parameters) {
  return { ...model, parameters: { ...model.parameters, ...parameters } };
}

function paint({ shape: [, columns, channels], data }, row, column, level, { low, high }) {
  const first = (row * columns + column) * channels;
  for (let c = 0; c < channels; c++)
    data[first + c] = low[c] + (level[c] ?? level) * (high[c] - low[c]);
}
