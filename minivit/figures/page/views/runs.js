// The traces that are looked at: of an image, as it was given or as it was changed.

class Runs {
  constructor({ told, model, images }) {
    Object.assign(this, { told, model, images });
    this.kept = new Map();
    this.checks = told.images.map(() => null);
  }

  // The loss that is asked about where nothing else is said: of the label, or of what is said.
  usual_loss(i) {
    const { label } = this.told.images[i];
    return { kind: "cross-entropy", label: label ?? largest_at(this.forward(i).logits.data) };
  }

  // A trace of image i, run once.
  forward(i) {
    if (!this.kept.has(i)) this.kept.set(i, new Trace(this.model, this.images[i]));
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
    if (!this.checks[i]) {
      const t = this.backward(i, this.usual_loss(i));
      this.checks[i] = compared(t, this.told.images[i].sums);
    }
    return this.checks[i];
  }
}

function largest_at(data) {
  return data.reduce((best, number, i) => (number > data[best] ? i : best), 0);
}

function probabilities(logits) {
  return softmax_forward(logits)[0].data;
}

// The classes from the most probable on: [[class, probability], ...].
function ranked(logits) {
  return [...probabilities(logits)].map((p, c) => [c, p]).sort((a, b) => b[1] - a[1]);
}
