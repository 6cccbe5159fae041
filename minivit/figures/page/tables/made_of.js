// What the lines of the table in made.js have in common.

// The kind of a place, by which the tables know it.
function kind_of(place) {
  const last = last_part(`.${place}`);
  if (["patch_norm", "projection_norm", "norm"].includes(last)) return "layernorm";
  return last === "projection" ? "linear" : last;
}

// The line of an array in MADE; undefined for a parameter.
function made_of(name) {
  return MADE[kind_of(place_of(name))][last_part(name)];
}

// One number of x w + b: column j, where row(d) refers to the d-th number of the row of x.
function through(at, row, w, b, j) {
  const inner = at.shape(at.full(w))[0];
  return work({
    terms: range(inner).map((d) => [row(d), at.parameter(w, d, j)]),
    plus: at.has(b) ? [at.parameter(b, j)] : [],
  });
}

// q, k or v: a part of the columns of qkv, shared out among the heads.
function part_of_qkv(letter, part) {
  return {
    axes: ["head", "token", "column"],
    letters: `${letter} = its columns of qkv, head by head`,
    made: ([h, t, d], at) => work({ plus: [at.value("qkv", t, column_of_qkv(at.c, part, h, d))] }),
  };
}

// Columns are ordered (3, H, K).
function column_of_qkv({ heads, head_width }, part, h, d) {
  return (part * heads + h) * head_width + d;
}

// One number of a softmax over these.
function softened(at, uses, j) {
  const scores = uses.map((one) => number_at(at.t, one));
  const max = Math.max(...scores);
  const sum = scores.reduce((all, score) => all + Math.exp(score - max), 0);
  const value = Math.exp(scores[j] - max) / sum;
  return work({
    uses,
    facts: [
      ["score", scores[j]],
      ["max", max],
      ["sum", sum],
    ],
    value,
  });
}

// Mean, variance and 1 / sqrt(var + eps) of a row.
function spread(row, eps) {
  const mean = row.reduce((all, number) => all + number, 0) / row.length;
  const variance = row.reduce((all, number) => all + (number - mean) ** 2, 0) / row.length;
  return { mean, variance, rstd: 1 / Math.sqrt(variance + eps) };
}

// Where in the image the j-th number of patch n lies: [row, column, channel].
function pixel_of({ grid, patch, stride, channels }, [n, j]) {
  const [r, s] = [Math.floor(n / grid[1]), n % grid[1]];
  const pixel = Math.floor(j / channels);
  return [
    r * stride[0] + Math.floor(pixel / patch[1]),
    s * stride[1] + (pixel % patch[1]),
    j % channels,
  ];
}

// x + its vector of positions: learned, one of two tables, or waves, which no parameter holds.
function placed([t, j], at) {
  const x = at.incoming(t, j);
  const { positions: kind, grid, width, has_cls, tokens } = at.c;
  if (kind === "learned") return work({ plus: [x, at.parameter("table", t, j)] });
  if (kind !== "learned-2d") {
    const wave = sincos_table(kind, tokens, width, grid).data[t * width + j];
    return work({ uses: [x], facts: [["wave", wave]], value: number_at(at.t, x) + wave });
  }
  const n = t - Number(has_cls);
  if (n < 0) return work({ plus: [x, at.parameter("cls", j)] });
  const half = width / 2;
  const vector =
    j < half
      ? at.parameter("rows", Math.floor(n / grid[1]), j)
      : at.parameter("columns", n % grid[1], j - half);
  return work({ plus: [x, vector] });
}

// The d-th number that the head's matrix reads: what the head has pooled, or what comes in.
function read_by_head(at, d) {
  return "head.pooled" in at.t.values ? at.value("pooled", d) : at.incoming(d);
}
