// What the lines of the table in returned.js have in common.

// The line of an array, or of a parameter, in RETURNED.
function returned_of(name) {
  return RETURNED[kind_of(place_of(name))][last_part(name)];
}

// How many rows an array of this place has, counted.
function tokens_of(at, last) {
  return range(at.count(`${at.place}.${last}`));
}

// A gradient that is another one's, number by number.
function handed_on(last, from) {
  return {
    letters: `d ${last} = d ${from}`,
    back: (i, at) => work({ plus: [at.gradient(from, ...i)] }),
  };
}

// Back through y = x w: dx = dy w^T, row t, column j of x.
function through_back(at, y, w, t, j) {
  const columns = at.width(at.full(w));
  const of_y = (m) => (y === "scores" ? at.gradient(y, t) : at.gradient(y, t, m)); // a pool's: (T,)
  return work({ terms: range(columns).map((m) => [of_y(m), at.parameter(w, j, m)]) });
}

function back_through(last, y, w) {
  return {
    letters: `d ${last} = d ${y} · ${w}ᵀ`,
    back: (i, at) => through_back(at, y, w, i.at(-2) ?? 0, i.at(-1)),
  };
}

// dw = x^T dy, where x is an array of the place, or what comes in.
function of_weight(w, x, y) {
  return {
    letters: `d ${w} = ${x || "x"}ᵀ · d ${y}`,
    back: ([i, j], at) => {
      const row = (t) => (x ? at.value(x, t, i) : at.incoming(t, i));
      const of_y = (t) => (y === "scores" ? at.gradient(y, t) : at.gradient(y, t, j));
      const count = y === "scores" ? at.c.tokens : at.count(`${at.place}.${y}`);
      return work({ terms: range(count).map((t) => [row(t), of_y(t)]) });
    },
  };
}

// db = the sum of dy over the rows.
function of_bias(b, y) {
  return {
    letters: `d ${b} = Σ over tokens of d ${y}`,
    back: ([j], at) =>
      work({
        plus: (y === "scores" ? range(at.c.tokens) : tokens_of(at, y)).map((t) =>
          y === "scores" ? at.gradient(y, t) : at.gradient(y, t, j),
        ),
      }),
  };
}

// One number of d q or d k: a sum over the other side of the scores.
function of_scores(at, term) {
  return work({ factor: 1 / Math.sqrt(at.c.head_width), terms: range(at.c.tokens).map(term) });
}

// The softmax's: probs_j (dprobs_j - sum_i dprobs_i probs_i), of a row whose numbers `cell` counts.
function softened_back(at, cell, j) {
  const all = range(at.c.tokens);
  const probs = all.map((one) => at.value("probs", ...cell(one)));
  const dprobs = all.map((one) => at.gradient("probs", ...cell(one)));
  const [p, dp] = [probs, dprobs].map((refs) => refs.map((one) => number_at(at.t, one)));
  const common = dot(p, dp);
  const facts = [
    ["probs", p[j]],
    ["d probs", dp[j]],
    ["Σ d probs · probs", common],
  ];
  return work({ uses: [...probs, ...dprobs], facts, value: p[j] * (dp[j] - common) });
}

// dx of the pooling, token t, column d.
function pooled_back([t, d], at) {
  const { pool, has_cls, tokens, width } = at.c;
  if (pool === "flatten") return work({ plus: [at.gradient("pooled", t * width + d)] });
  const pooled = at.gradient("pooled", d);
  if (pool === "sequence") {
    return work({
      terms: [
        [at.value("probs", t), pooled],
        [at.gradient("scores", t), at.parameter("w", d, 0)],
      ],
    });
  }
  if (pool === "cls") return t ? work({ value: 0 }) : work({ plus: [pooled] });
  const first = Number(has_cls);
  return t < first ? work({ value: 0 }) : work({ factor: 1 / (tokens - first), terms: [[pooled]] });
}

// A table of positions collects from every place that adds it: `of(at, index)` from one of them.
function of_table(of) {
  return {
    letters: "d table = Σ d y, wherever it is added",
    back: (i, at) => {
      const users = Object.keys(at.t.noted).filter(
        (place) => kind_of(place) === "positions" && at.t.noted[place].home === at.place,
      );
      return work({ plus: users.flatMap((place) => of(new At(at.t, place, at.loss), i)) });
    },
  };
}

// The gradient of the patch in row r and column s of the grid.
function of_cell(at, r, s, j) {
  return at.gradient("y", r * at.c.grid[1] + s + Number(at.c.has_cls), j);
}

// Which numbers of which patches are this pixel: [[n, j], ...].
function places_of_pixel({ grid, patch, stride, channels }, [row, column, channel]) {
  return range(grid[0] * grid[1]).flatMap((n) => {
    const down = row - Math.floor(n / grid[1]) * stride[0];
    const across = column - (n % grid[1]) * stride[1];
    const is_inside = down >= 0 && down < patch[0] && across >= 0 && across < patch[1];
    return is_inside ? [[n, (down * patch[1] + across) * channels + channel]] : [];
  });
}
