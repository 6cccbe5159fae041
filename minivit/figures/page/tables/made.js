// How every array is made: one line for each, which hovering, links and a test read.
//
// MADE[kind of place][name] = {axes, letters, made}: what its axes count, the formula, and the work
// behind one number. An image comes in and is not made.

// What was pooled, in a place of its own or in the head.
const POOLED = {
  axes: ["column"],
  letters: "pooled: the cls token, or the tokens averaged",
  made: ([j], at) => {
    const [T, D] = at.shape(at.input);
    const { pool } = at.c;
    if (pool === "cls") return work({ plus: [at.incoming(0, j)] });
    if (pool === "flatten") return work({ plus: [at.incoming(Math.floor(j / D), j % D)] });
    const tokens = range(T).slice(pool === "mean" ? Number(at.c.has_cls) : 0);
    return pool === "mean"
      ? work({ factor: 1 / tokens.length, terms: tokens.map((t) => [at.incoming(t, j)]) })
      : work({ terms: tokens.map((t) => [at.value("probs", t), at.incoming(t, j)]) });
  },
};

const MADE = {
  patchify: {
    images: { axes: ["row", "column", "channel"], letters: "the image", made: () => work({}) },
    patches: {
      axes: ["patch", "pixel"],
      letters: "patches = the pixels of each patch, row by row",
      made: (i, at) => work({ plus: [at.value("images", ...pixel_of(at.c, i))] }),
    },
  },
  layernorm: NORMALISED,
  linear: {
    y: {
      axes: ["patch", "column"],
      letters: "y = x · w + b",
      made: ([n, j], at) => through(at, (d) => at.incoming(n, d), "w", "b", j),
    },
  },
  embed: {
    projected: {
      axes: ["patch", "column"],
      letters: "projected = patches · w + b",
      made: ([n, j], at) =>
        at.has("w")
          ? through(at, (d) => at.incoming(n, d), "w", "b", j)
          : work({ plus: [at.incoming(n, j)] }),
    },
    tokens: {
      axes: ["token", "column"],
      letters: "tokens = [cls; projected]",
      made: ([t, j], at) => {
        const first = Number(at.c.has_cls);
        return work({
          plus: [t < first ? at.parameter("cls", j) : at.value("projected", t - first, j)],
        });
      },
    },
    x: {
      axes: ["token", "column"],
      letters: "x = tokens + positions",
      made: (i, at) =>
        work({
          plus: [
            at.value("tokens", ...i),
            ...(at.has("positions") ? [at.parameter("positions", ...i)] : []),
          ],
        }),
    },
  },
  positions: { y: { axes: ["token", "column"], letters: "y = x + positions", made: placed } },
  attention: ATTENTION_MADE,
  mlp: MLP_MADE,
  pool: {
    scores: {
      axes: ["token"],
      letters: "scores = x · w + b",
      made: ([t], at) => through(at, (d) => at.incoming(t, d), "w", "b", 0),
    },
    probs: {
      axes: ["token"],
      letters: "probs = exp(scores − max) / sum",
      made: ([t], at) =>
        softened(
          at,
          range(at.c.tokens).map((one) => at.value("scores", one)),
          t,
        ),
    },
    pooled: POOLED,
  },
  pre_logits: {
    z: {
      axes: ["column"],
      letters: "z = x · w + b",
      made: ([j], at) => through(at, (d) => at.incoming(d), "w", "b", j),
    },
    y: {
      axes: ["column"],
      letters: "y = tanh(z)",
      made: (i, at) => {
        const uses = [at.value("z", ...i)];
        return work({ uses, value: Math.tanh(number_at(at.t, uses[0])) });
      },
    },
  },
  head: {
    pooled: POOLED,
    logits: {
      axes: ["class"],
      letters: "logits = pooled · w + b",
      made: ([j], at) => through(at, (d) => read_by_head(at, d), "w", "b", j),
    },
  },
};
