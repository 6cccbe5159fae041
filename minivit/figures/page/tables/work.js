// How one number is made from others: what is hovered, highlighted, followed and tested.
//
//     number = factor (sum of the terms' products) + sum of `plus`      or `value`, where it bends
//
// A reference names a number: {name, index, gradient}. `uses` are the numbers that a bent function
// reads, and `facts` what it finds on its way: mean, var, rstd; max, sum.

const NOTHING = { factor: 1, terms: [], plus: [], uses: [], facts: [] };

function work(parts) {
  return { ...NOTHING, ...parts };
}

// What a table's entry knows of the place that it speaks of.
class At {
  // t: a Trace; place: its name; loss: see loss.js.
  constructor(t, place, loss = null) {
    Object.assign(this, { t, place, loss, c: t.model.config });
  }

  // References: to a value of this place, to its gradient, to a parameter of this place, and to
  // what comes in. Without a token axis (what was pooled) the first of two numbers is left out.
  value(last, ...index) {
    return this.reference(`${this.place}.${last}`, index, false);
  }
  gradient(last, ...index) {
    return this.reference(`${this.place}.${last}`, index, true);
  }
  parameter(last, ...index) {
    return this.reference(this.full(last), index, false);
  }
  incoming(...index) {
    return this.reference(this.input, index, false);
  }

  reference(name, index, gradient) {
    const rank = this.shape(name).length;
    return { name, index: index.slice(index.length - rank), gradient };
  }

  // Whether the place has a parameter of this name; one that lives elsewhere has its full name.
  has(last) {
    return this.full(last) in this.t.model.parameters;
  }

  full(last) {
    return `${this.t.noted[this.place].home}.${last}`;
  }

  // The array that comes into this place: the last one of the place before.
  get input() {
    return last_of(this.t, this.neighbour(-1));
  }

  // The place before or after this one; undefined beyond the ends.
  neighbour(step) {
    const places = Object.keys(this.t.noted);
    return places[places.indexOf(this.place) + step];
  }

  next() {
    return new At(this.t, this.neighbour(1), this.loss);
  }

  shape(name) {
    return array_of(this.t, name, false).shape;
  }

  // The length of the last axis, and how many rows of it there are.
  width(name) {
    return this.shape(name).at(-1);
  }
  count(name) {
    return array_of(this.t, name, false).data.length / this.width(name);
  }
}

function last_of(t, place) {
  return arrays_of(t, place).at(-1);
}

// The arrays of a place that are there, or those whose gradients are.
function arrays_of(t, place, gradient = false) {
  const of_place = Object.keys(t.values).filter((name) => place_of(name) === place);
  return gradient ? of_place.filter((name) => name in t.gradients) : of_place;
}

// "blocks.0.attention.probs" -> "blocks.0.attention", and -> "probs"
function place_of(name) {
  return name.slice(0, name.lastIndexOf("."));
}
function last_part(name) {
  return name.slice(name.lastIndexOf(".") + 1);
}

// A value, a parameter, or the gradient of either, by name.
function array_of(t, name, gradient) {
  return gradient ? t.gradients[name] : (t.values[name] ?? t.model.parameters[name]);
}

function number_at(t, { name, index, gradient }) {
  const { shape, data } = array_of(t, name, gradient);
  return data[flat_index(shape, index)];
}

function flat_index(shape, index) {
  return index.reduce((sum, i, axis) => sum * shape[axis] + i, 0);
}

// The opposite: 7 in a (2, 4) -> [1, 3].
function index_of(shape, flat) {
  return shape.map((side, axis) => {
    const after = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    return Math.floor(flat / after) % side;
  });
}

// What a work comes to.
function worked_out(t, { factor, terms, plus, value }) {
  if (value !== undefined) return value;
  const sum = terms.reduce((all, term) => all + product_of(t, term), 0);
  return factor * sum + plus.reduce((all, one) => all + number_at(t, one), 0);
}

function product_of(t, term) {
  return term.reduce((all, one) => all * number_at(t, one), 1);
}

// All numbers that it reads.
function references(one) {
  return [...one.terms.flat(), ...one.plus, ...one.uses];
}

function range(count) {
  return Array.from({ length: count }, (_, i) => i);
}
