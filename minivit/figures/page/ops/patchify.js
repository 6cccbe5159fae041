// Patchify: cut an image into a row of flat patches.   (minivit/ops/patchify.py)
//
//     patches[n] = image[rows of patch n, columns of patch n, :].flatten()

// images (height, width, channels) -> patches (N, P*P*channels), in raster order; inside of a patch
// the order is (row, column, channel)
function patchify_forward(images, { patch, stride, note = unseen }) {
  note({ images });
  const [height, width, channels] = images.shape;
  const [P, Q] = patch;
  const count = (side, length, step) => (side - length) / step + 1;
  const grid = [count(height, P, stride[0]), count(width, Q, stride[1])];
  const patches = zeros([grid[0] * grid[1], P * Q * channels]);
  const places = pixel_places(images.shape, patch, stride, grid);
  places.forEach((place, i) => { patches.data[i] = images.data[place]; });
  note({ patches });
  return [patches, { shape: images.shape, places }];
}

// patches = A images, where A copies each pixel to every patch that holds it:
//     dimages = A^T dpatches
function patchify_backward(dpatches, { shape, places }, { note = unseen } = {}) {
  note({ patches: dpatches });
  const dimages = zeros(shape);
  places.forEach((place, i) => { dimages.data[place] += dpatches.data[i]; });
  note({ images: dimages });
  return dimages;
}

// For every number of all patches, where in the image it was cut out.
function pixel_places([, width, channels], [P, Q], [down, across], [grid_rows, grid_columns]) {
  const places = [];
  for (let r = 0; r < grid_rows; r++) {
    for (let s = 0; s < grid_columns; s++) {
      for (let i = 0; i < P; i++) {
        for (let j = 0; j < Q * channels; j++) {
          places.push(((r * down + i) * width + s * across) * channels + j);
        }
      }
    }
  }
  return places;
}
