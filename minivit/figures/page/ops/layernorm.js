// LayerNorm: every token to mean 0 and variance 1, then scaled and shifted.   (ops/layernorm.py)
//
//     x_hat = (x - mean) / sqrt(var + eps),   normed = x_hat gamma + beta

const NARROW = 1e-4; // a row with a smaller variance / mean^2 is centred twice

// x (..., D), gamma, beta (D,) -> normed (..., D)
function layernorm_forward(x, gamma, beta, { eps, note = unseen }) {
  const x_hat = copied(x);
  const rstd = rows(x_hat).map((row) => normalise(row, eps));
  note({ x_hat });
  const normed = copied(x_hat);
  for (const row of rows(normed)) scale_and_shift(row, gamma.data, beta.data);
  note({ normed });
  return [normed, { x_hat, rstd, gamma }];
}

// A row to mean 0 and variance 1, in place; returns 1 / sqrt(var + eps).
function normalise(row, eps) {
  const mean = centre(row);
  let variance = dot(row, row) / row.length;
  if (variance < NARROW * mean * mean) {
    centre(row);
    variance = dot(row, row) / row.length;
  }
  const rstd = 1 / Math.sqrt(variance + eps);
  row.forEach((number, j) => { row[j] = number * rstd; });
  return rstd;
}

// Take its mean off a row, in place; returns the mean.
function centre(row) {
  const mean = row.reduce((sum, number) => sum + number, 0) / row.length;
  row.forEach((number, j) => { row[j] = number - mean; });
  return mean;
}

function scale_and_shift(row, gamma, beta) {
  row.forEach((number, j) => { row[j] = number * gamma[j] + beta[j]; });
}

// With g = dy gamma:   dx = rstd (g - mean(g) - x_hat mean(g x_hat)),
//                      dgamma = sum over tokens of dy x_hat,   dbeta = sum over tokens of dy
function layernorm_backward(dy, { x_hat, rstd, gamma }, { note = unseen } = {}) {
  note({ normed: dy });
  const D = gamma.data.length;
  const dgamma = sum_of_rows(mapped(dy, (number, i) => number * x_hat.data[i]));
  const dbeta = sum_of_rows(dy);
  const g = mapped(dy, (number, i) => number * gamma.data[i % D]);
  note({ x_hat: g });
  const dx = zeros(dy.shape);
  const [g_rows, x_rows] = [rows(g), rows(x_hat)];
  rows(dx).forEach((row, t) => {
    const along_mean = g_rows[t].reduce((sum, number) => sum + number, 0) / D;
    const along_x_hat = dot(g_rows[t], x_rows[t]) / D;
    for (let j = 0; j < D; j++) {
      row[j] = rstd[t] * (g_rows[t][j] - along_mean - x_rows[t][j] * along_x_hat);
    }
  });
  return [dx, dgamma, dbeta];
}
