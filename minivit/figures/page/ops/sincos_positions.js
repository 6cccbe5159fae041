// Fixed positions: sines and cosines of a token's place.   (minivit/ops/sincos_positions.py)
//
//     y_t = x_t + table_t
//
//     "sincos"         [sin, cos] in turn of the token's number, f_i = 10000^(-i/n), n = D/2
//     "sincos-2d"      [sin column, cos column, sin row, cos row], f_i = 10000^(-i/(n-1)), n = D/4
//     "sincos-2d-mae"  the same with f_i = 10000^(-i/n)

const SLOWEST = 10000;

// x (T, D) -> y (T, D)
function sincos_positions_forward(x, { kind, grid, note = unseen }) {
  const y = added(x, sincos_table(kind, ...x.shape, grid));
  note({ y });
  return [y, null];
}

// The table is a constant: dx = dy
function sincos_positions_backward(dy, _, { note = unseen } = {}) {
  note({ y: dy });
  return copied(dy);
}

// -> (T, D)
function sincos_table(kind, T, D, grid) {
  const table = zeros([T, D]);
  const n = D / (kind === "sincos" ? 2 : 4);
  const last = kind === "sincos-2d" ? Math.max(n - 1, 1) : n;
  const frequencies = Array.from({ length: n }, (_, i) => SLOWEST ** (-i / last));
  const has_cls = T - grid[0] * grid[1]; // whose row stays 0 in 2-D
  rows(table).forEach((row, t) => {
    const [r, c] = [Math.floor((t - has_cls) / grid[1]), (t - has_cls) % grid[1]];
    frequencies.forEach((f, i) => {
      if (kind === "sincos") {
        row.set([Math.sin(t * f), Math.cos(t * f)], 2 * i);
      } else if (t >= has_cls) {
        [Math.sin(c * f), Math.cos(c * f), Math.sin(r * f), Math.cos(r * f)].forEach(
          (wave, part) => { row[part * n + i] = wave; });
      }
    });
  });
  return table;
}
