// What the head would say of the tokens at every depth.   (minivit/inspection/lens.py)
//
//     lens[s] = head(pool(LN(x_s)))

// The arrays that the lens reads: the tokens in front of the blocks, and behind every branch.
function lens_names(t) {
  const branches = Object.keys(t.noted).filter((place) =>
    ["attention", "mlp"].includes(kind_of(place)),
  );
  const front = IN_FRONT in t.noted ? `${IN_FRONT}.y` : "embed.x";
  return [front, ...branches.map((place) => `${place}.y`)];
}

// The logits that the head would give at each of them: (2L + 1, C). LayerNorm takes the statistics
// of the tokens that it is given.
function logit_lens(t) {
  const read = lens_names(t).map((name) => {
    const reader = Object.create(Trace.prototype); // a trace that has seen nothing yet
    Object.assign(reader, { model: t.model, nudge: null, values: {}, gradients: {}, noted: {} });
    return head_of_model_forward(reader, t.model.config, copied(t.values[name]));
  });
  const numbers = Float64Array.from(read.flatMap((one) => [...one.data]));
  return tensor([read.length, t.model.config.classes], numbers);
}
