// Tensors: a shape, and the numbers in one flat Float64Array, the last axis fastest.
//
// The ops beside this file are those of minivit/ops, under the same names and the same law:
//
//     [y, cache] = op_forward(x, w, ..., {option, note})
//     [dx, dw, ...] = op_backward(dy, cache, {note})       one gradient alone is no array
//
// There is one image at a time, so no shape has a batch axis. An op notes an array as soon as it is
// made and before it is used: whoever changes a number of it then, changes all that follows.

"use strict";

function tensor(shape, data) {
  return { shape, data };
}

function zeros(shape) {
  return tensor(shape, new Float64Array(shape.reduce((size, side) => size * side, 1)));
}

function copied(x) {
  return tensor(x.shape, x.data.slice());
}

// The default of `note`: nobody looks.
function unseen() {}

// Number by number: mapped(x, f) = f(x_i), added(x, y) = x_i + y_i.
function mapped(x, f) {
  return tensor(x.shape, x.data.map(f));
}

function added(x, y) {
  return mapped(x, (number, i) => number + y.data[i]);
}

// The rows of the last axis, as views: rows(x)[i] is the i-th.
function rows(x) {
  const width = x.shape[x.shape.length - 1];
  return parts(x.data, x.data.length / width);
}

// So many pieces of equal length, as views.
function parts(data, count) {
  const size = data.length / count;
  return Array.from({ length: count }, (_, i) => data.subarray(i * size, (i + 1) * size));
}

// a (rows, inner) b (inner, columns) -> (rows, columns), all flat.
function product(a, b, inner, columns) {
  const count = a.length / inner;
  const y = new Float64Array(count * columns);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < inner; k++) {
      const factor = a[i * inner + k];
      for (let j = 0; j < columns; j++) y[i * columns + j] += factor * b[k * columns + j];
    }
  }
  return y;
}

// a (rows, columns), flat -> (columns, rows), flat.
function transposed(a, columns) {
  const count = a.length / columns;
  const y = new Float64Array(a.length);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < columns; j++) y[j * count + i] = a[i * columns + j];
  }
  return y;
}

// The sum over all rows: x (..., D) -> (D,).
function sum_of_rows(x) {
  const sum = zeros(x.shape.slice(-1));
  for (const row of rows(x)) row.forEach((number, j) => { sum.data[j] += number; });
  return sum;
}

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

// Where the largest number is; the first of several.
function largest_at(data) {
  return data.reduce((best, number, i) => (number > data[best] ? i : best), 0);
}
