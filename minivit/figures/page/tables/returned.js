// How every gradient is made: the work behind one number of d loss / d array, read by hovering,
// links and a test.
//
// RETURNED[kind of place][name] = {letters, back}. The last array of a place goes into the next
// place: its line is `input` there. Parameters have lines too.

const RETURNED = {
  patchify: {
    images: {
      letters: "d image = Σ d patches, over the patches that hold the pixel",
      back: (i, at) =>
        work({ plus: places_of_pixel(at.c, i).map((one) => at.gradient("patches", ...one)) }),
    },
    patches: FROM_NEXT,
  },
  layernorm: {
    input: normalised_input(false),
    x_hat: SCALED,
    normed: FROM_NEXT,
    gamma: OF_GAMMA,
    beta: OF_BETA,
  },
  linear: {
    input: back_through("x", "y", "w"),
    y: FROM_NEXT,
    w: of_weight("w", "", "y"),
    b: of_bias("b", "y"),
  },
  embed: {
    input: {
      letters: "d patches = d projected · wᵀ",
      back: ([n, j], at) =>
        at.has("w")
          ? through_back(at, "projected", "w", n, j)
          : work({ plus: [at.gradient("projected", n, j)] }),
    },
    projected: {
      letters: "d projected = the patches' rows of d tokens",
      back: ([n, j], at) => work({ plus: [at.gradient("tokens", n + Number(at.c.has_cls), j)] }),
    },
    tokens: handed_on("tokens", "x"),
    x: FROM_NEXT,
    w: of_weight("w", "", "projected"),
    b: of_bias("b", "projected"),
    cls: {
      letters: "d cls = d tokens₀",
      back: ([j], at) => work({ plus: [at.gradient("tokens", 0, j)] }),
    },
    positions: handed_on("positions", "x"),
  },
  positions: {
    input: handed_on("x", "y"),
    y: FROM_NEXT,
    table: of_table((at, [t, j]) => [at.gradient("y", t, j)]),
    rows: of_table((at, [r, j]) => range(at.c.grid[1]).map((s) => of_cell(at, r, s, j))),
    columns: of_table((at, [s, j]) =>
      range(at.c.grid[0]).map((r) => of_cell(at, r, s, at.c.width / 2 + j)),
    ),
    cls: of_table((at, [j]) => [at.gradient("y", 0, j)]),
  },
  attention: ATTENTION_RETURNED,
  mlp: MLP_RETURNED,
  pool: {
    input: { letters: "", back: pooled_back },
    scores: {
      letters: "d scores = probs · (d probs − Σ d probs · probs)",
      back: ([t], at) => softened_back(at, (one) => [one], t),
    },
    probs: {
      letters: "d probs = x · d pooled",
      back: ([t], at) =>
        work({
          terms: range(at.c.width).map((d) => [at.gradient("pooled", d), at.incoming(t, d)]),
        }),
    },
    pooled: FROM_NEXT,
    w: of_weight("w", "", "scores"),
    b: of_bias("b", "scores"),
  },
  pre_logits: {
    input: back_through("x", "z", "w"),
    z: {
      letters: "d z = d y · (1 − y²)",
      back: (i, at) => {
        const uses = [at.gradient("y", ...i), at.value("y", ...i)];
        const [dy, y] = uses.map((one) => number_at(at.t, one));
        return work({ uses, value: dy * (1 - y ** 2) });
      },
    },
    y: FROM_NEXT,
    w: of_weight("w", "", "z"),
    b: of_bias("b", "z"),
  },
  head: {
    input: {
      letters: "",
      back: (i, at) =>
        "head.pooled" in at.t.values
          ? pooled_back(i, at)
          : through_back(at, "logits", "w", 0, i.at(-1)),
    },
    pooled: back_through("pooled", "logits", "w"),
    logits: {
      letters: "d logits = the loss's: probs − onehot(label), or ±1",
      back: ([c], at) => work({ value: dlogits_of(at.t.logits, at.loss).data[c] }),
    },
    w: {
      letters: "d w = pooledᵀ · d logits",
      back: ([d, c], at) => work({ terms: [[read_by_head(at, d), at.gradient("logits", c)]] }),
    },
    b: of_bias("b", "logits"),
  },
};
