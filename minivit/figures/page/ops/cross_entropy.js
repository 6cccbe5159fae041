// Cross-entropy: how surprised the model is by the label.   (minivit/ops/cross_entropy.py)
//
//     loss = -log softmax(logits)_label

// logits (C,), label -> loss ()
function cross_entropy_forward(logits, { label }) {
  const largest = logits.data.reduce((a, b) => Math.max(a, b));
  const exps = logits.data.map((number) => Math.exp(number - largest));
  const total = exps.reduce((sum, number) => sum + number, 0);
  const loss = Math.log(total) - (logits.data[label] - largest);
  const probs = tensor(logits.shape, exps.map((number) => number / total));
  return [tensor([], Float64Array.of(loss)), { probs, label }];
}

// dlogits = (probs - onehot(label)) dloss
function cross_entropy_backward(dloss, { probs, label }) {
  return mapped(probs, (number, c) => (number - Number(c === label)) * dloss.data[0]);
}
