// Softmax: scores to probabilities, along the last axis.   (minivit/ops/softmax.py)
//
//     probs_i = exp(x_i) / sum_j exp(x_j)

// x (..., T) -> probs (..., T), rows that sum to 1. A shift by the maximum keeps exp from overflow.
function softmax_forward(x) {
  const probs = copied(x);
  for (const row of rows(probs)) {
    const largest = row.reduce((a, b) => Math.max(a, b));
    row.forEach((number, j) => { row[j] = Math.exp(number - largest); });
    const total = row.reduce((sum, number) => sum + number, 0);
    row.forEach((number, j) => { row[j] = number / total; });
  }
  return [probs, { probs }];
}

// dx = probs (dprobs - sum_i dprobs_i probs_i)
function softmax_backward(dprobs, { probs }) {
  const dx = zeros(probs.shape);
  const [p, dp] = [rows(probs), rows(dprobs)];
  rows(dx).forEach((row, t) => {
    const common = dot(p[t], dp[t]);
    for (let j = 0; j < row.length; j++) row[j] = p[t][j] * (dp[t][j] - common);
  });
  return dx;
}
