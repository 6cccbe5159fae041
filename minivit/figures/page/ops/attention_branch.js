// The first half of a block: tokens exchange information.   (minivit/ops/attention_branch.py)
//
//     y = x + MSA(LN(x))

// x (T, D), gamma, beta (D,), and the weights of multi-head attention -> y (T, D)
function attention_branch_forward(
  x, gamma, beta, w_qkv, b_qkv, w_out, b_out, { heads, eps, note = unseen },
) {
  const [normed, norm] = layernorm_forward(x, gamma, beta, { eps, note });
  const [out, msa] = multihead_attention_forward(
    normed, w_qkv, b_qkv, w_out, b_out, { heads, note },
  );
  const y = added(x, out);
  note({ y });
  return [y, { norm, msa }];
}

// The sum hands dy on to both of its terms:   dx = dy + dx_branch
function attention_branch_backward(dy, { norm, msa }, { note = unseen } = {}) {
  note({ y: dy });
  const [dnormed, ...dweights] = multihead_attention_backward(dy, msa, { note });
  const [dx_branch, dgamma, dbeta] = layernorm_backward(dnormed, norm, { note });
  return [added(dy, dx_branch), dgamma, dbeta, ...dweights];
}
