// A trace that was recorded: without the weights, it has of an image the tokens in front of the
// blocks, the logits, and of some blocks q, k, v and the gradient of mixed, in half precision.
// What follows from these is worked out when it is asked for, by the ops that a Trace runs.
//
// It has what a Trace has: model, values, gradients, noted, logits; but only arrays that are there.

class RecordedTrace {
  // told: of the image {logits, norms, off}; find(name, gradient): a recorded array of it.
  constructor(model, image, loss, { told, front, blocks, find }) {
    Object.assign(this, { model, told, values: {}, gradients: {}, noted: {} });
    for (const place of Object.keys(told.norms)) this.noted[place] = { home: place };
    const { patch, stride } = model.config;
    this.values["patchify.images"] = image;
    define_lazily(
      this.values,
      "patchify.patches",
      () => patchify_forward(image, { patch, stride })[0],
    );
    define_lazily(this.values, front, () => find(front));
    for (const block of blocks) this.follow(`blocks.${block}.attention`, find);
    this.logits = tensor([told.logits.length], Float64Array.from(told.logits));
    this.values["head.logits"] = this.logits;
    define_lazily(this.gradients, "head.logits", () => dlogits_of(this.logits, loss));
  }

  // What q, k, v and d mixed of this place make, forward and backward.
  follow(place, find) {
    const once = {};
    define_lazily(once, "forward", () => {
      const values = {};
      const [q, k, v] = ["q", "k", "v"].map((last) => find(`${place}.${last}`));
      const [mixed, cache] = attention_forward(q, k, v, {
        note: (made) => Object.assign(values, made),
      });
      return { values: { ...values, ...around(q, k, v, mixed) }, cache };
    });
    define_lazily(once, "backward", () => {
      const made = {};
      const dmixed = find(`${place}.mixed`, true);
      attention_backward(dmixed, once.forward.cache, { note: (more) => Object.assign(made, more) });
      return { ...made, ...around(made.q, made.k, made.v, dmixed) };
    });
    for (const last of FOLLOWING) {
      define_lazily(this.values, `${place}.${last}`, () => once.forward.values[last]);
      define_lazily(this.gradients, `${place}.${last}`, () => once.backward[last]);
    }
  }

  // How long the gradient of what a place makes is: told, for most of them are not here.
  gradient_norm(place) {
    return this.told.norms[place];
  }

  // Whether all that a number of this array, or of its gradient, is made of is there.
  explains(name, gradient) {
    if (["patchify.images", "patchify.patches"].includes(name)) return true;
    if (name === "head.logits") return gradient;
    const ends = gradient ? ["merged"] : ["qkv"]; // they come out of weights
    const last = last_part(name);
    return kind_of(place_of(name)) === "attention" && !ends.includes(last);
  }

  // How far a number of this array is from what minivit found, at most; null: it is the same.
  off(name, gradient) {
    if (name in this.model.off) return this.model.off[name];
    const { values, gradients } = this.told.off;
    const kept = gradient ? gradients : values;
    const place = place_of(name);
    const lasts = { qkv: ["q", "k", "v"], merged: ["mixed"] }[last_part(name)];
    if (!lasts || kind_of(place) !== "attention") return kept[name] ?? null;
    return Math.max(...lasts.map((last) => kept[`${place}.${last}`]));
  }
}

const FOLLOWING = ["qkv", "q", "k", "v", "scores", "probs", "mixed", "merged"];

// The same numbers as the model's other arrays have them.
function around(q, k, v, mixed) {
  return { qkv: join_heads(q, k, v), merged: merge_heads(mixed) };
}
