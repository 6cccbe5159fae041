// What the guided tour asks, and what is so: worked out from a model's own numbers.
//
// TOUR[step] = {is_there, place, asks}. `asks(look)` returns {choices, right, facts, at}: what may
// be chosen, which of them is so, the numbers of the answer, and the state of the page that shows
// it; `key` names its sentences, if it is not the step. A `look` is {t, model, image, ink, label}:
// a trace, and the class that is asked about.

const TOUR = {
  patches: {
    is_there: () => true,
    place: () => ({ view: "forward", name: "patchify.patches" }),
    asks: asks_of_patches,
  },
  positions: {
    is_there: (c) => c.positions !== "none" || !overlaps(c),
    place: ({ t }) => ({ view: "forward", name: last_of(t, "embed") }),
    asks: (look) => (look.model.config.positions === "none" ? asks_of_order : asks_of_places)(look),
  },
  attention: {
    is_there: (c) => c.depth > 0 && c.patches > 1,
    place: (look) => asks_of_attention(look).at,
    asks: asks_of_attention,
  },
  mlp: {
    is_there: (c) => c.depth > 0,
    place: ({ model }) => ({ view: "forward", name: `blocks.${model.config.depth - 1}.mlp.z` }),
    asks: asks_of_gelu,
  },
  loss: { is_there: () => true, place: () => ({ view: "overview" }), asks: asks_of_loss },
  gradient: {
    is_there: () => true,
    place: ({ label }) => ({ view: "backward", name: "head.logits", loss: surprise(label) }),
    asks: asks_of_gradient,
  },
  why: {
    is_there: (c) => c.patches > 1,
    place: () => ({ view: "why" }),
    asks: asks_of_reasons,
  },
  change: { is_there: () => true, place: () => ({ view: "change" }), asks: asks_of_change },
};

function steps_of_tour(c) {
  return Object.keys(TOUR).filter((step) => TOUR[step].is_there(c));
}

function overlaps({ patch, stride }) {
  return patch.some((side, axis) => stride[axis] < side);
}

// How many numbers a patch holds, among other counts of the model.
function asks_of_patches({ model, t }) {
  const { patch, patches, channels, width } = model.config;
  const numbers = patch[0] * patch[1] * channels;
  const others = [patches, width, 2 * numbers, 3 * numbers].filter((one) => one !== numbers);
  const choices = [numbers, ...[...new Set(others)].slice(0, 2)].sort((a, b) => a - b);
  const spreads = rows(t.values["patchify.patches"]).map((row) => spread(row, 0).variance);
  const most = largest_at(spreads);
  return {
    choices,
    right: choices.indexOf(numbers),
    facts: { rows: patch[0], columns: patch[1], channels, numbers, patches, most },
    at: { view: "forward", name: "patchify.patches", cell: [most, 0] },
  };
}

// Whether the answer stays without positions.
function asks_of_places(look) {
  const { t, model, image, ink } = look;
  const without = changed(model, image, [{ kind: "positions" }], ink);
  return {
    ...same_or_other(t, new Trace(without.model, image)),
    at: { view: "forward", name: array_of_word(t, "positions") },
  };
}

// A model without positions: whether the answer stays when the patches stand in reversed order.
function asks_of_order({ t, model, image }) {
  const c = model.config;
  const turned = copied(image);
  for (let n = 0; n < c.patches; n++)
    for (let j = 0; j < c.patch[0] * c.patch[1] * c.channels; j++)
      turned.data[flat_index(image.shape, pixel_of(c, [n, j]))] =
        image.data[flat_index(image.shape, pixel_of(c, [c.patches - 1 - n, j]))];
  return {
    key: "order",
    ...same_or_other(t, new Trace(model, turned)),
    at: { view: "forward", name: "patchify.patches" },
  };
}

// The answer before and after; the first choice is that the class stays.
function same_or_other(before, after) {
  const [p, q] = [before, after].map((t) => softmax_forward(t.logits)[0].data);
  const [said, now] = [largest_at(p), largest_at(q)];
  const facts = { said, before: p[said], now, after: q[now], of_said: q[said] };
  return { choices: ["same", "other"], right: Number(said !== now), facts };
}

// Where the head of the last block looks that spreads a token's attention the least: the token is
// cls, or without one the most decided of all.
function asks_of_attention({ t, model }) {
  const { depth, has_cls, tokens } = model.config;
  const heads = attention_of(t).at(-1);
  const asking = range(has_cls ? 1 : tokens);
  const bits = heads.flatMap((A) => asking.map((token) => entropy_of(A[token])));
  const found = largest_at(bits.map((one) => -one));
  const [head, token] = [Math.floor(found / asking.length), found % asking.length];
  const first = Number(has_cls);
  const given = heads[head][token].slice(first);
  const order = range(given.length).sort((a, b) => given[b] - given[a] || a - b);
  const choices = [...new Set([order[0], order[order.length >> 1], order.at(-1)])];
  choices.sort((a, b) => a - b);
  return {
    choices,
    right: choices.indexOf(order[0]),
    facts: {
      ...{ block: depth - 1, head, token, tokens },
      ...{ patch: order[0], part: given[order[0]], alike: 1 / tokens, bits: bits[found] },
    },
    at: { view: "attention", block: depth - 1, slice: head, token },
  };
}

// How many of the hidden numbers GELU takes back to nearly nothing.
function asks_of_gelu({ t, model }) {
  const place = `blocks.${model.config.depth - 1}.mlp`;
  const [z, h] = ["z", "h"].map((last) => t.values[`${place}.${last}`]);
  const below = z.data.reduce((count, number) => count + Number(number < 0), 0);
  const count = z.data.length;
  const largest = largest_at(h.data);
  const facts = { below, count, part: below / count, least: Math.min(...rows(h).map(least)) };
  return {
    choices: ["few", "half", "most"],
    right: Math.min(Math.floor((3 * below) / count), 2),
    facts: { ...facts, largest: h.data[largest] },
    at: { view: "forward", name: `${place}.h`, cell: index_of(h.shape, largest) },
  };
}

function least(row) {
  return row.reduce((a, b) => Math.min(a, b));
}

// Whether the loss is below that of an even guess.
function asks_of_loss({ t, label }) {
  const loss = loss_of(t.logits, surprise(label));
  const { classes } = t.model.config;
  const p = softmax_forward(t.logits)[0].data[label];
  return {
    choices: ["less", "more"],
    right: Number(loss >= Math.log(classes)),
    facts: { loss, even: Math.log(classes), classes, label, p },
    at: { view: "forward", name: "head.logits", cell: [0, label] },
  };
}

function surprise(label) {
  return { kind: "cross-entropy", label, other: null };
}

// What the loss does when the score of the label goes up; tried by a central difference.
function asks_of_gradient({ model, image, label }) {
  const loss = surprise(label);
  const t = new Trace(model, image);
  t.backward(dlogits_of(t.logits, loss));
  const { numeric, gradient, error } = checked(t, image, loss, "head.logits", label);
  const p = softmax_forward(t.logits)[0].data[label];
  return {
    choices: ["rises", "falls", "stays"],
    right: gradient > 0 ? 0 : gradient < 0 ? 1 : 2,
    facts: { label, p, gradient, numeric, error },
    at: { view: "backward", name: "head.logits", cell: [0, label], loss },
  };
}
