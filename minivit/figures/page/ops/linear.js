// Linear: every row of x through one matrix.   (minivit/ops/linear.py)
//
//     y = x w + b

// x (..., in), w (in, out), b (out,) or null -> y (..., out)
function linear_forward(x, w, b, { note = unseen } = {}) {
  const [inner, columns] = w.shape;
  const y = tensor([...x.shape.slice(0, -1), columns], product(x.data, w.data, inner, columns));
  if (b) for (const row of rows(y)) b.data.forEach((number, j) => { row[j] += number; });
  note({ y });
  return [y, { x, w, has_bias: b !== null }];
}

// y_ij = sum_k x_ik w_kj + b_j:   dx = dy w^T,   dw = x^T dy,   db = sum over rows of dy
function linear_backward(dy, { x, w, has_bias }, { note = unseen } = {}) {
  note({ y: dy });
  const [inner, columns] = w.shape;
  const dx = tensor(x.shape, product(dy.data, transposed(w.data, columns), columns, inner));
  const count = x.data.length / inner;
  const dw = tensor(w.shape, product(transposed(x.data, inner), dy.data, count, columns));
  return [dx, dw, has_bias ? sum_of_rows(dy) : null];
}
