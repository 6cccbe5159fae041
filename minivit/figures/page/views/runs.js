// The traces that are looked at: of an image, as it was given or as it was changed.

const NODES = 32; // of integrated gradients' line
const LONG = 30; // seconds: what takes longer begins when it is asked for
const KEPT = 8; // traces, the last ones: each holds every number of its image

class Runs {
  constructor({ told, model, images, most = KEPT }) {
    Object.assign(this, { told, model, images, most });
    this.snapshots = new Snapshots(told, model);
    this.kept = new Map();
    this.checks = new Map();
    this.others = new Map();
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
      if (this.kept.size === this.most) this.kept.delete(this.kept.keys().next().value);
      this.kept.set(i, new Trace(this.model, this.images.at(i)));
    }
    return this.kept.get(i);
  }

  // Another run's model, read once: {model, i, trace}, of which the last trace is kept.
  other(run) {
    if (!this.others.has(run)) {
      const model = model_of(this.told.others[run], `weights-${run}`);
      this.others.set(run, { model, i: null, trace: null });
    }
    return this.others.get(run);
  }

  // The trace of another run, of image i.
  of_run(run, i) {
    const kept = this.other(run);
    if (kept.i !== i) Object.assign(kept, { i, trace: new Trace(kept.model, this.images.at(i)) });
    return kept.trace;
  }

  // The trace of a snapshot, of image i.
  of_snapshot(n, i) {
    return new Trace(this.snapshots.at(n), this.images.at(i));
  }

  // The trace of image i, after changes of it or of the model; the last one is kept.
  after(i, changes) {
    const key = JSON.stringify([i, changes]);
    if (this.edited?.key !== key) {
      const now = changed(this.model, this.images.at(i), changes, this.told.ink);
      this.edited = { key, trace: new Trace(now.model, now.image) };
    }
    return this.edited.trace;
  }

  // d loss / d image after these changes: (height, width, channels).
  pull(i, changes, loss) {
    const t = this.after(i, changes);
    return t.backward(dlogits_of(t.logits, loss));
  }

  // A trace with the gradients of this loss.
  backward(i, loss) {
    const t = this.forward(i);
    const key = JSON.stringify(loss);
    if (t.of_loss !== key) Object.assign(t, { gradients: this.gradients(i, loss), of_loss: key });
    return t;
  }

  gradients(i, loss) {
    const t = this.forward(i);
    t.backward(dlogits_of(t.logits, loss));
    return t.gradients;
  }

  // The central difference at one number beside the gradient: see loss.js.
  checked(i, loss, name, index) {
    return checked(this.backward(i, loss), this.images.at(i), loss, name, index);
  }

  // What the tour looks at, of the last image; and what a step of it asks.
  look(i) {
    if (this.looked?.i !== i) {
      const { model, images, told } = this;
      const { label } = this.usual_loss(i);
      this.looked = { i, t: this.forward(i), model, image: images.at(i), ink: told.ink, label };
    }
    return this.looked;
  }
  asks(i, step) {
    const look = this.look(i);
    return (look[step] ??= TOUR[step].asks(look));
  }

  // How many images have one.
  get count() {
    return this.images.count;
  }

  // Whether this view can be drawn: without the weights, some can't.
  shows() {
    return true;
  }

  // Whether gradients of this loss can be had.
  derives(loss) {
    return loss !== null;
  }

  // The logit lens: (2L + 1, C).
  lens(i) {
    return logit_lens(this.forward(i));
  }

  // Attention through the blocks from `start` on: (N,).
  rollout(i, start) {
    const t = this.forward(i);
    return to_patches(rollout(attention_of(t), start), t);
  }

  // Of which classes the score may be asked about, and how many passes through the model that is.
  targets() {
    return range(this.model.config.classes);
  }
  get passes() {
    return NODES + 8 * (this.model.config.patches + 1);
  }

  // How many seconds that takes, at least: a pass back takes longer than one forward. The first of
  // all are slow, since the browser has yet to translate the script: the quickest counts.
  patience(i) {
    const begin = Date.now();
    let least = Infinity;
    do {
      const start = Date.now();
      new Trace(this.model, this.images.at(i));
      least = Math.min(least, (Date.now() - start) / 1000);
    } while (this.passes * least > LONG && Date.now() - begin < 1000);
    return this.passes * least;
  }

  // Every way to ask why of a target, by its key: a number for each patch. With it, what integrated
  // gradients add up to, and the difference of the scores that they should.
  reasons(i, target) {
    const { model, told } = this;
    const [image, c] = [this.images.at(i), model.config];
    const nothing = baseline(image, told.ink);
    const t = this.backward(i, loss_asked(target));
    const gradient = t.gradients["patchify.images"];
    const integrated = integrated_gradients(model, image, target, nothing, NODES);
    const maps = {};
    if (c.depth) {
      const attention = attention_of(t);
      const gradients = attention.map((_, l) =>
        heads_of(t.gradients[`blocks.${l}.attention.probs`]),
      );
      maps.attention = to_patches(fused(attention.at(-1), mean_of), t);
      maps.rollout = to_patches(rollout(attention), t);
      maps.weighted = to_patches(gradient_weighted(attention, gradients), t);
    }
    maps.saliency = over_patches(c, mapped(gradient, Math.abs));
    maps.gradient_input = over_patches(
      c,
      mapped(gradient, (g, j) => g * (image.data[j] - nothing.data[j])),
    );
    maps.integrated = over_patches(c, integrated);
    maps.occlusion = occlusion(model, image, target, nothing);
    const sum = integrated.data.reduce((a, b) => a + b, 0);
    const difference = loss_of(t.logits, loss_asked(target)) - logit_of(model, nothing, target);
    return { maps, sum, difference };
  }

  // The class's probability while so many patches are covered, by the key of the map that orders
  // them: {counts, curves}.
  deletion(i, target, maps) {
    const image = this.images.at(i);
    const nothing = baseline(image, this.told.ink);
    const curve = (map) => deletion_curve(this.model, image, target, nothing, map);
    const curves = Object.entries(maps).map(([key, map]) => [key, curve(map)]);
    return { counts: range(this.model.config.patches + 1), curves };
  }

  // Whether the page computes what minivit did: {count, worst}, found once for each image.
  check(i) {
    if (!this.checks.has(i)) {
      const t = this.backward(i, this.usual_loss(i));
      this.checks.set(i, compared(t, this.images.sums(i)));
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
