// The lines of MADE (made.js) of a LayerNorm and of the two branches of a block.

// x_hat and normed, of a LayerNorm over what `from` refers to.
const NORMALISED = {
  x_hat: {
    axes: ["token", "column"],
    letters: "x̂ = (x − mean) · rstd,  rstd = 1 / √(var + eps)",
    made: ([...i], at) => {
      const uses = range(at.width(at.input)).map((d) => at.incoming(i.at(-2) ?? 0, d));
      const { mean, variance, rstd } = spread(
        uses.map((one) => number_at(at.t, one)),
        at.c.eps,
      );
      const value = (number_at(at.t, uses[i.at(-1)]) - mean) * rstd;
      return work({
        uses,
        facts: [
          ["mean", mean],
          ["var", variance],
          ["rstd", rstd],
        ],
        value,
      });
    },
  },
  normed: {
    axes: ["token", "column"],
    letters: "normed = x̂ · gamma + beta",
    made: (i, at) =>
      work({
        terms: [[at.value("x_hat", ...i), at.parameter("gamma", i.at(-1))]],
        plus: [at.parameter("beta", i.at(-1))],
      }),
  },
};

const ATTENTION_MADE = {
  ...NORMALISED,
  qkv: {
    axes: ["token", "column"],
    letters: "[q, k, v] = normed · w_qkv + b_qkv",
    made: ([t, j], at) => through(at, (d) => at.value("normed", t, d), "w_qkv", "b_qkv", j),
  },
  q: part_of_qkv("q", 0),
  k: part_of_qkv("k", 1),
  v: part_of_qkv("v", 2),
  scores: {
    axes: ["head", "query", "key"],
    letters: "scores = q · kᵀ / √K",
    made: ([h, i, j], at) =>
      work({
        factor: 1 / Math.sqrt(at.c.head_width),
        terms: range(at.c.head_width).map((d) => [at.value("q", h, i, d), at.value("k", h, j, d)]),
      }),
  },
  probs: {
    axes: ["head", "query", "key"],
    letters: "probs = exp(scores − max) / sum",
    made: ([h, i, j], at) =>
      softened(
        at,
        range(at.c.tokens).map((one) => at.value("scores", h, i, one)),
        j,
      ),
  },
  mixed: {
    axes: ["head", "token", "column"],
    letters: "mixed = probs · v",
    made: ([h, i, d], at) =>
      work({
        terms: range(at.c.tokens).map((j) => [at.value("probs", h, i, j), at.value("v", h, j, d)]),
      }),
  },
  merged: {
    axes: ["token", "column"],
    letters: "merged = the heads' columns side by side",
    made: ([t, j], at) => {
      const K = at.c.head_width;
      return work({ plus: [at.value("mixed", Math.floor(j / K), t, j % K)] });
    },
  },
  out: {
    axes: ["token", "column"],
    letters: "out = merged · w_out + b_out",
    made: ([t, j], at) =>
      at.has("w_out")
        ? through(at, (d) => at.value("merged", t, d), "w_out", "b_out", j)
        : work({ plus: [at.value("merged", t, j)] }),
  },
  y: {
    axes: ["token", "column"],
    letters: "y = x + out",
    made: (i, at) => work({ plus: [at.incoming(...i), at.value("out", ...i)] }),
  },
};

const MLP_MADE = {
  ...NORMALISED,
  z: {
    axes: ["token", "column"],
    letters: "z = normed · w1 + b1",
    made: ([t, j], at) => through(at, (d) => at.value("normed", t, d), "w1", "b1", j),
  },
  h: {
    axes: ["token", "column"],
    letters: "h = gelu(z) = z · Phi(z)",
    made: (i, at) => {
      const uses = [at.value("z", ...i)];
      const z = number_at(at.t, uses[0]);
      const cdf = normal_cdf(Math.max(z, -FAR), at.c.gelu);
      return work({
        uses,
        facts: [
          ["z", z],
          ["Phi(z)", cdf],
        ],
        value: Math.max(z, -FAR) * cdf,
      });
    },
  },
  out: {
    axes: ["token", "column"],
    letters: "out = h · w2 + b2",
    made: ([t, j], at) => through(at, (m) => at.value("h", t, m), "w2", "b2", j),
  },
  y: ATTENTION_MADE.y,
};
