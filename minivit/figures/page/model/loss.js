// What a gradient is the gradient of.
//
//     {kind: "cross-entropy", label}      how surprised the model is by the label
//     {kind: "logit", label}              the score of a class
//     {kind: "difference", label, other}  the score of a class less that of another

const ONE = tensor([], Float64Array.of(1));

// logits (C,) -> a number
function loss_of(logits, { kind, label, other }) {
  if (kind === "logit") return logits.data[label];
  if (kind === "difference") return logits.data[label] - logits.data[other];
  return cross_entropy_forward(logits, { label })[0].data[0];
}

// logits (C,) -> dlogits (C,)
function dlogits_of(logits, { kind, label, other }) {
  if (kind === "cross-entropy") {
    const [, cache] = cross_entropy_forward(logits, { label });
    return cross_entropy_backward(ONE, cache);
  }
  const dlogits = zeros(logits.shape);
  dlogits.data[label] += 1;
  if (kind === "difference") dlogits.data[other] -= 1;
  return dlogits;
}

// What one step of plain SGD adds:   -rate * gradient
function step_of(gradient, rate) {
  return mapped(gradient, (g) => -rate * g);
}

// The central difference of the loss at one number, and gradcheck's word for how it agrees.
// `index` is flat; a parameter is changed in a copy, a value as soon as it is made. `floor` keeps
// the relative error of small gradients small, `rounding` is what the logits' own rounding may make
// of a difference: two numbers that are no larger are "exact" if both are 0, else "zero".
const STEP = 1e-5;

function checked(trace, image, loss, name, index) {
  const is_parameter = name in trace.model.parameters;
  const moved = (by) => {
    if (!is_parameter) return new Trace(trace.model, image, { name, index, by });
    const changed = copied(trace.model.parameters[name]);
    changed.data[index] += by;
    const parameters = { ...trace.model.parameters, [name]: changed };
    return new Trace({ ...trace.model, parameters }, image);
  };
  const [up, down] = [STEP, -STEP].map((by) => loss_of(moved(by).logits, loss));
  const numeric = (up - down) / (2 * STEP);
  const gradient = trace.gradients[name].data[index];
  const largest = trace.gradients[name].data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const floor = Math.max(largest * 1e-3, 1e-9);
  const error = Math.abs(numeric - gradient) / (Math.abs(numeric) + Math.abs(gradient) + floor);
  const size = trace.logits.data.reduce((a, b) => Math.max(a, Math.abs(b)), 1);
  const rounding = (Number.EPSILON * size) / STEP;
  const most = Math.max(Math.abs(numeric), Math.abs(gradient));
  const word = most === 0 ? "exact" : most <= rounding ? "zero" : verdict(error);
  return { numeric, gradient, error, floor, rounding, verdict: word };
}

// minivit gradcheck's words (minivit/checking/report.py).
function verdict(error) {
  if (error < 1e-7) return "excellent";
  return error < 1e-4 ? "right" : "wrong";
}
