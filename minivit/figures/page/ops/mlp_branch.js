// The second half of a block: the MLP looks at each token alone.   (minivit/ops/mlp_branch.py)
//
//     y = x + MLP(LN(x))

// x (T, D), gamma, beta (D,), w1 (D, M), b1 (M,) or null, w2 (M, D), b2 (D,) or null -> y (T, D)
function mlp_branch_forward(x, gamma, beta, w1, b1, w2, b2, { gelu, eps, note = unseen }) {
  const [normed, norm] = layernorm_forward(x, gamma, beta, { eps, note });
  const [out, mlp] = mlp_forward(normed, w1, b1, w2, b2, { gelu, note });
  const y = added(x, out);
  note({ y });
  return [y, { norm, mlp }];
}

// As in the attention branch:   dx = dy + dx_branch
function mlp_branch_backward(dy, { norm, mlp }, { note = unseen } = {}) {
  note({ y: dy });
  const [dnormed, ...dweights] = mlp_backward(dy, mlp, { note });
  const [dx_branch, dgamma, dbeta] = layernorm_backward(dnormed, norm, { note });
  return [added(dy, dx_branch), dgamma, dbeta, ...dweights];
}
