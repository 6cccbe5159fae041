// The traces that are looked at: of an image, as it was given or as it was changed.

const KEPT = 8; // traces, the last ones: each holds every number of its image

class Runs {
  constructor({ told, model, images }) {
    Object.assign(this, { told, model, images });
    this.kept = new Map();
    this.checks = new Map();
  }

  // What is asked about where the address says nothing: the score of the class that was given to
  // the page, or the usual loss.
  first_loss(i) {
    const { target } = this.told;
    return target === null ? this.usual_loss(i) : { kind: "logit", label: target, other: null };
  }

  // How surprised the model is: by the label, or by what it says itself.
  usual_loss(i) {
    const { label } = this.images.told(i);
    return { kind: "cross-entropy", label: label ?? largest_at(this.forward(i).logits.data) };
  }

  // A trace of image i, run once.
  forward(i) {
    if (!this.kept.has(i)) {
      if (this.kept.size === KEPT) this.kept.delete(this.kept.keys().next().value);
      this.kept.set(i, new Trace(this.model, this.images.at(i)));
    }
    return this.kept.get(i);
  }

  // The same with the gradients of this loss.
  backward(i, loss) {
    const t = this.forward(i);
    const key = JSON.stringify(loss);
    if (t.of_loss !== key) {
      t.backward(dlogits_of(t.logits, loss));
      t.of_loss = key;
    }
    return t;
  }

  // Whether the page computes what minivit did: {count, worst}, found once for each image.
  check(i) {
    if (!this.checks.has(i)) {
      const t = this.backward(i, this.usual_loss(i));
      this.checks.set(i, compared(t, this.images.told(i).sums));
    }
    return this.checks.get(i);
  }
}

function probabilities(logits) {
  return softmax_forward(logits)[0].data;
}

// The classes from the most probable on: [[class, probability], ...].
function ranked(logits) {
  return [...probabilities(logits)].map((p, c) => [c, p]).sort((a, b) => b[1] - a[1]);
}
