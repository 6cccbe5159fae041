// An encoder block: the attention branch, then the MLP branch.   (minivit/models/block.py)

const ATTENTION_INPUTS = 6; // the seventh, relative positions, no model of this page has

// x (T, D) -> (T, D)
function block_forward(t, c, i, x) {
  const [a, m] = [`blocks.${i}.attention`, `blocks.${i}.mlp`];
  const { heads, gelu, eps } = c;
  x = add_positions_forward(t, c, `blocks.${i}.positions`, x);
  const inputs = t.of(a).slice(0, ATTENTION_INPUTS);
  x = t.forward(a, attention_branch_forward, x, { heads, eps }, { inputs }); // x + MSA(LN(x))
  return t.forward(m, mlp_branch_forward, x, { gelu, eps }); // x + MLP(LN(x))
}

// dx (T, D) -> (T, D), in mirror order
function block_backward(t, c, i, dx) {
  dx = t.backward_of(`blocks.${i}.mlp`, mlp_branch_backward, dx);
  dx = t.backward_of(`blocks.${i}.attention`, attention_branch_backward, dx);
  return add_positions_backward(t, c, `blocks.${i}.positions`, dx);
}
