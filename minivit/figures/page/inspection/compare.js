// Two traces beside each other: of two images, or of two models that see the same image.

// What both have is compared where it has one shape. (Of one model it always has.)
function comparable(a, b, name) {
  if (!(name in a.values && name in b.values)) return false;
  return a.model === b.model || same_shape(a.values[name], b.values[name]);
}

function same_shape(x, y) {
  return x.shape.join() === y.shape.join();
}

function difference_of(x, y) {
  return mapped(y, (number, i) => number - x.data[i]);
}

// How far apart they are, array by array: ||b - a|| / ||a|| of the last that can be compared of
// each place.
function distances_of(a, b) {
  return Object.keys(a.noted)
    .map((place) => arrays_of(a, place).findLast((name) => comparable(a, b, name)))
    .filter((name) => name !== undefined)
    .map((name) => {
      const [x, y] = [a.values[name], b.values[name]];
      const off = difference_of(x, y).data;
      return [name, Math.sqrt(dot(off, off)) / (Math.sqrt(dot(x.data, x.data)) || 1)];
    });
}

// Where they part: the first of these distances that is more than rounding, and the largest.
const ALIKE = 1e-12;

function parting(distances) {
  const first = distances.find(([, off]) => off > ALIKE);
  const most = distances[largest_at(distances.map(([, off]) => off))];
  return first ? { first, most } : null;
}
