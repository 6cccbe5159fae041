// A forward and a backward pass with every intermediate kept by name.   (minivit/models/trace.py)
//
// `values[name]` after `forward`, `gradients[name]` after `backward`: a name such as
// "blocks.0.attention.probs" is the place and what its op calls the array. `gradients` holds those
// of the parameters too.

class Trace {
  // model: {config, places, parameters}; image: a tensor (height, width, channels).
  // nudge, if it is given: {name, index, by} is added to that number as soon as it is made.
  constructor(model, image, nudge = null) {
    this.model = model;
    this.nudge = nudge;
    this.values = {};
    this.gradients = {};
    this.noted = {}; // of each place: the cache of its op, and where its parameters live
    this.logits = vit_forward(this, model.config, copied(image));
  }

  // The arrays that the op of a place takes beside x, in the order of its inputs.
  of(place) {
    return this.model.places[place].map((name) => (name ? this.model.parameters[name] : null));
  }

  // Told at each place, forward and backward: whoever waits may see how far it has come.
  static watch(place, back) {}

  // Run the forward of an op at a place; `home` has its parameters, if it isn't the place itself.
  forward(place, op, x, options = {}, { home = place, inputs = null } = {}) {
    const arrays = inputs ?? (home in this.model.places ? this.of(home) : []);
    const note = (made) => this.keep(this.values, place, made);
    const [y, cache] = op(x, ...arrays, { ...options, note });
    this.noted[place] = { cache, home };
    Trace.watch(place, false);
    return y;
  }

  // Run its backward; the parameters' gradients add up under the names of their home.
  backward_of(place, op, dy) {
    const { cache, home } = this.noted[place];
    const note = (made) => this.keep(this.gradients, place, made);
    const [dx, ...gradients] = [op(dy, cache, { note })].flat();
    gradients.forEach((gradient, i) => {
      if (gradient) this.add(this.model.places[home][i], gradient);
    });
    Trace.watch(place, true);
    return dx;
  }

  add(name, gradient) {
    const before = this.gradients[name];
    this.gradients[name] = before ? added(before, gradient) : gradient;
  }

  keep(kept, place, made) {
    for (const [last, array] of Object.entries(made)) {
      const name = `${place}.${last}`;
      kept[name] = array;
      if (kept === this.values && this.nudge && this.nudge.name === name) {
        array.data[this.nudge.index] += this.nudge.by;
      }
    }
  }

  // How long the gradient of what a place makes is.
  gradient_norm(place) {
    const { data } = this.gradients[last_of(this, place)];
    return Math.sqrt(dot(data, data));
  }

  // Whether all that a number is made of is here: it is. (A recorded trace lacks some.)
  explains() {
    return true;
  }

  // How far a number may be from what minivit found: these are computed, not recorded.
  off() {
    return null;
  }

  // dlogits (C,) -> dimage (height, width, channels): fills `gradients`.
  backward(dlogits) {
    this.gradients = {};
    return vit_backward(this, this.model.config, dlogits);
  }
}
