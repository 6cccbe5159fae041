// The pre-logits: a hidden layer in front of the head.   (minivit/ops/pre_logits.py)
//
//     y = tanh(x w + b)

// x (D,), w (D, R), b (R,) or null -> y (R,)
function pre_logits_forward(x, w, b, { note = unseen } = {}) {
  const [z, linear] = linear_forward(x, w, b);
  note({ z });
  const y = mapped(z, Math.tanh);
  note({ y });
  return [y, { linear, y }];
}

// dz = dy (1 - y^2), then linear
function pre_logits_backward(dy, { linear, y }, { note = unseen } = {}) {
  note({ y: dy });
  const dz = mapped(dy, (number, i) => number * (1 - y.data[i] ** 2));
  note({ z: dz });
  return linear_backward(dz, linear);
}
