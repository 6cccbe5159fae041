// An array as a picture: which two of its axes are rows and columns, and which one is chosen.

// Of images the last axis is chosen, of heads' arrays the first; a vector is one row.
function sliced(name, x, slice) {
  const { shape, data } = x;
  if (shape.length < 2) {
    const columns = shape[0] ?? 1;
    return {
      rows: 1,
      columns,
      slices: 1,
      slice: 0,
      data,
      index: (_, column) => [column].slice(0, shape.length),
    };
  }
  if (shape.length === 2) {
    return {
      rows: shape[0],
      columns: shape[1],
      slices: 1,
      slice: 0,
      data,
      index: (row, column) => [row, column],
    };
  }
  if (name === "patchify.images") {
    const [rows, columns, channels] = shape;
    const channel = Math.min(slice, channels - 1);
    const of_channel = Float64Array.from(
      { length: rows * columns },
      (_, i) => data[i * channels + channel],
    );
    return {
      rows,
      columns,
      slices: channels,
      slice: channel,
      data: of_channel,
      index: (row, column) => [row, column, channel],
    };
  }
  const [slices, rows, columns] = shape;
  const chosen = Math.min(slice, slices - 1);
  return {
    rows,
    columns,
    slices,
    slice: chosen,
    data: parts(data, slices)[chosen],
    index: (row, column) => [chosen, row, column],
  };
}

// Where an index of the whole array lies in its slice: [row, column], or null in another one.
function cell_of(name, shape, index, slice) {
  if (shape.length < 2) return [0, index[0] ?? 0];
  if (shape.length === 2) return index;
  const [chosen, cell] =
    name === "patchify.images" ? [index[2], index.slice(0, 2)] : [index[0], index.slice(1)];
  return chosen === slice ? cell : null;
}

// The slice that an index lies in.
function slice_of(name, shape, index) {
  if (shape.length < 3) return 0;
  return name === "patchify.images" ? index[2] : index[0];
}

// What an axis counts; of parameters, the rows and columns.
function axes_of(name, x) {
  return made_of(name)?.axes ?? ["row", "column"].slice(2 - x.shape.length);
}

// One number's place in words: "query 5 (patch 4: row 1, column 0)".
function place_words(c, axis, i) {
  const first = Number(c.has_cls);
  if (["token", "query", "key"].includes(axis)) {
    if (i < first) return say("axis.cls", { axis: say(`axis.${axis}`), i });
    return say("axis.patch_of", { axis: say(`axis.${axis}`), i, ...patch_words(c, i - first) });
  }
  if (axis === "patch")
    return say("axis.grid", { axis: say("axis.patch"), i, ...patch_words(c, i) });
  return `${say(`axis.${axis}`)} ${i}`;
}

function patch_words({ grid }, n) {
  return { patch: n, row: Math.floor(n / grid[1]), column: n % grid[1] };
}
