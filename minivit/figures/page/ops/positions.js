// Learned positions: vectors that tell a token where it lies.   (minivit/ops/positions.py)
//
//     1-D   y_t = x_t + table_t
//     2-D   y_rc = x_rc + [rows_r; columns_c]

// x (T, D), table (T, D) -> y (T, D)
function positions_forward(x, table, { note = unseen } = {}) {
  const y = added(x, table);
  note({ y });
  return [y, null];
}

// Both terms of the sum get dy.
function positions_backward(dy, _, { note = unseen } = {}) {
  note({ y: dy });
  return [copied(dy), copied(dy)];
}

// x (T, D), rows (grid rows, D/2), columns (grid columns, D/2), cls (D,) or null -> y (T, D)
function positions_2d_forward(x, rows_table, columns_table, cls, { grid, note = unseen }) {
  const y = copied(x);
  const tokens = rows(y);
  const add = (token, vector) => vector.forEach((number, j) => { token[j] += number; });
  if (cls) add(tokens.shift(), cls.data);
  const [of_row, of_column] = [rows(rows_table), rows(columns_table)];
  tokens.forEach((token, n) => {
    const half = token.length / 2;
    add(token.subarray(0, half), of_row[Math.floor(n / grid[1])]);
    add(token.subarray(half), of_column[n % grid[1]]);
  });
  note({ y });
  return [y, { grid, has_cls: cls !== null }];
}

// A row's vector is used by all patches in the row, so it collects from them:
//     drows_r = sum_c dy_rc[: D/2],   dcolumns_c = sum_r dy_rc[D/2 :]
function positions_2d_backward(dy, { grid, has_cls }, { note = unseen } = {}) {
  note({ y: dy });
  const D = dy.shape[1];
  const half = D / 2;
  const drows = zeros([grid[0], half]);
  const dcolumns = zeros([grid[1], half]);
  const tokens = rows(dy);
  const dcls = has_cls ? tensor([D], tokens.shift().slice()) : null;
  tokens.forEach((token, n) => {
    const [r, c] = [Math.floor(n / grid[1]), n % grid[1]];
    for (let j = 0; j < half; j++) {
      drows.data[r * half + j] += token[j];
      dcolumns.data[c * half + j] += token[half + j];
    }
  });
  return [copied(dy), drows, dcolumns, dcls];
}
