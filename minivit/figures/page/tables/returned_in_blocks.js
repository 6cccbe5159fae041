// The lines of RETURNED (returned.js) of a LayerNorm and of the two branches of a block.

// The gradient of what goes into the next place.
const FROM_NEXT = {
  letters: "",
  back: (i, at) => RETURNED[kind_of(at.neighbour(1))].input.back(i, at.next()),
};

// dx of a LayerNorm; in a branch dy comes along the skip connection too.
function normalised_input(skip) {
  return {
    letters: `d x = ${skip ? "d y + " : ""}rstd · (g − mean(g) − x̂ · mean(g · x̂)), g = d x̂`,
    back: ([...i], at) => {
      const [t, d] = [i.at(-2) ?? 0, i.at(-1)];
      const D = at.width(at.input);
      const [g, x_hat] = [at.gradient, at.value].map((of) =>
        range(D).map((j) => of.call(at, "x_hat", t, j)),
      );
      const row = range(D).map((j) => number_at(at.t, at.incoming(t, j)));
      const { rstd } = spread(row, at.c.eps);
      const numbers = g.map((one) => number_at(at.t, one));
      const hats = x_hat.map((one) => number_at(at.t, one));
      const mean = numbers.reduce((a, b) => a + b, 0) / D;
      const along = dot(numbers, hats) / D;
      const through_skip = skip ? [at.gradient("y", t, d)] : [];
      const uses = [...g, ...x_hat, ...through_skip];
      const value =
        rstd * (numbers[d] - mean - hats[d] * along) +
        (skip ? number_at(at.t, through_skip[0]) : 0);
      return work({
        uses,
        facts: [
          ["rstd", rstd],
          ["mean(g)", mean],
          ["mean(g x̂)", along],
        ],
        value,
      });
    },
  };
}

const SCALED = {
  letters: "d x̂ = d normed · gamma",
  back: (i, at) =>
    work({ terms: [[at.gradient("normed", ...i), at.parameter("gamma", i.at(-1))]] }),
};
const OF_GAMMA = {
  letters: "d gamma = Σ over tokens of d normed · x̂",
  back: ([j], at) =>
    work({
      terms: tokens_of(at, "normed").map((t) => [
        at.gradient("normed", t, j),
        at.value("x_hat", t, j),
      ]),
    }),
};
const OF_BETA = of_bias("beta", "normed");

const ATTENTION_RETURNED = {
  input: normalised_input(true),
  x_hat: SCALED,
  gamma: OF_GAMMA,
  beta: OF_BETA,
  normed: back_through("normed", "qkv", "w_qkv"),
  w_qkv: of_weight("w_qkv", "normed", "qkv"),
  b_qkv: of_bias("b_qkv", "qkv"),
  qkv: {
    letters: "d qkv = d q, d k and d v side by side",
    back: ([t, j], at) => {
      const { heads, head_width: K } = at.c;
      const part = Math.floor(j / (heads * K));
      return work({ plus: [at.gradient("qkv"[part], Math.floor(j / K) % heads, t, j % K)] });
    },
  },
  q: {
    letters: "d q = d scores · k / √K",
    back: ([h, i, d], at) =>
      of_scores(at, (j) => [at.gradient("scores", h, i, j), at.value("k", h, j, d)]),
  },
  k: {
    letters: "d k = d scoresᵀ · q / √K",
    back: ([h, j, d], at) =>
      of_scores(at, (i) => [at.gradient("scores", h, i, j), at.value("q", h, i, d)]),
  },
  v: {
    letters: "d v = probsᵀ · d mixed",
    back: ([h, j, d], at) =>
      work({
        terms: range(at.c.tokens).map((i) => [
          at.value("probs", h, i, j),
          at.gradient("mixed", h, i, d),
        ]),
      }),
  },
  scores: {
    letters: "d scores = probs · (d probs − Σ d probs · probs)",
    back: ([h, i, j], at) => softened_back(at, (one) => [h, i, one], j),
  },
  probs: {
    letters: "d probs = d mixed · vᵀ",
    back: ([h, i, j], at) =>
      work({
        terms: range(at.c.head_width).map((d) => [
          at.gradient("mixed", h, i, d),
          at.value("v", h, j, d),
        ]),
      }),
  },
  mixed: {
    letters: "d mixed = its columns of d merged",
    back: ([h, t, d], at) => work({ plus: [at.gradient("merged", t, h * at.c.head_width + d)] }),
  },
  merged: {
    letters: "d merged = d out · w_outᵀ",
    back: ([t, j], at) =>
      at.has("w_out")
        ? through_back(at, "out", "w_out", t, j)
        : work({ plus: [at.gradient("out", t, j)] }),
  },
  w_out: of_weight("w_out", "merged", "out"),
  b_out: of_bias("b_out", "out"),
  out: handed_on("out", "y"),
  y: FROM_NEXT,
};

const MLP_RETURNED = {
  input: normalised_input(true),
  x_hat: SCALED,
  gamma: OF_GAMMA,
  beta: OF_BETA,
  normed: back_through("normed", "z", "w1"),
  w1: of_weight("w1", "normed", "z"),
  b1: of_bias("b1", "z"),
  z: {
    letters: "d z = d h · gelu′(z),  gelu′(z) = Phi(z) + z · Phi′(z)",
    back: (i, at) => {
      const uses = [at.gradient("h", ...i), at.value("z", ...i)];
      const [dh, z] = uses.map((one) => number_at(at.t, one));
      const bounded = Math.min(Math.max(z, -FAR), FAR);
      const cdf = normal_cdf(bounded, at.c.gelu);
      const slope = cdf + bounded * normal_density(bounded, cdf, at.c.gelu);
      return work({
        uses,
        facts: [
          ["z", z],
          ["gelu′(z)", slope],
        ],
        value: dh * slope,
      });
    },
  },
  h: back_through("h", "out", "w2"),
  w2: of_weight("w2", "h", "out"),
  b2: of_bias("b2", "out"),
  out: handed_on("out", "y"),
  y: FROM_NEXT,
};
