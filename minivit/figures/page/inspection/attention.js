// What can be read off attention.   (minivit/inspection/attention_measures.py, rollout.py)
//
// A is one head's attention, T rows of T: row = query, column = key; cls, if it is there, is 0.

// Of every block the attention of all heads: [block][head][query] is a row.
function attention_of(t) {
  const places = Object.keys(t.noted).filter((place) => kind_of(place) === "attention");
  return places.map((place) => heads_of(t.values[`${place}.probs`]));
}

// The blocks whose attention is there.
function blocks_of(t) {
  const is_there = (i) => `blocks.${i}.attention.probs` in t.values;
  return range(t.model.config.depth).filter(is_there);
}

// probs (H, T, T) -> H times T rows
function heads_of({ shape: [H, T], data }) {
  return parts(data, H).map((head) => parts(head, T));
}

// How evenly a token spreads what it gives, in bits; 2^entropy is the number of keys in effect.
function entropy_of(row) {
  return row.reduce((sum, p) => sum - (p > 0 ? p * Math.log2(p) : 0), 0);
}

// The mean of it over all tokens that ask.
function attention_entropy(A) {
  return mean_of(A.map(entropy_of));
}

// How far each patch looks, in pixels; what it gives to cls counts as no way at all. -> N numbers
function distances_looked(A, c) {
  const first = Number(c.has_cls);
  return patch_distances(c.grid, c.stride).map((row, q) =>
    row.reduce((sum, far, k) => sum + A[first + q][first + k] * far, 0),
  );
}

function attention_distance(A, c) {
  return mean_of(distances_looked(A, c));
}

// How much the patches give to cls; 0 without one.
function cls_share(A, c) {
  return c.has_cls ? mean_of(A.slice(1).map((row) => row[0])) : 0;
}

// How far apart two patches lie, in pixels: N rows of N.
function patch_distances([grid_rows, columns], [down, across]) {
  const N = grid_rows * columns;
  return range(N).map((q) =>
    range(N).map((k) =>
      Math.hypot(
        (Math.floor(q / columns) - Math.floor(k / columns)) * down,
        ((q % columns) - (k % columns)) * across,
      ),
    ),
  );
}

function mean_of(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

// What the heads do together: `by` is mean_of, or the largest or least of them.
function fused(heads, by) {
  return heads[0].map((row, q) => Float64Array.from(row, (_, k) => by(heads.map((A) => A[q][k]))));
}

// M_l = rows of (F_l + I) / 2, each divided by its sum,   R = M_L ... M_1
// Blocks before `start` are left out. -> T rows of T, which sum to 1
function rollout(attention, start = 0) {
  const T = attention[0][0].length;
  let R = identity(T);
  for (const heads of attention.slice(start)) {
    const M = fused(heads, mean_of).map((row, q) => {
      const with_skip = row.map((p, k) => (p + Number(q === k)) / 2);
      const sum = with_skip.reduce((a, b) => a + b, 0);
      return with_skip.map((p) => p / sum);
    });
    R = multiplied(M, R);
  }
  return R;
}

// R = I;  for every block  R += mean over heads of max(0, A * dlogit_c/dA) R.   -> R - I
function gradient_weighted(attention, gradients, start = 0) {
  const T = attention[0][0].length;
  let R = identity(T);
  for (let l = start; l < attention.length; l++) {
    const weighed = attention[l].map((A, h) =>
      A.map((row, q) => row.map((p, k) => Math.max(0, p * gradients[l][h][q][k]))),
    );
    const more = multiplied(fused(weighed, mean_of), R);
    R = R.map((row, q) => row.map((number, k) => number + more[q][k]));
  }
  return R.map((row, q) => row.map((number, k) => number - Number(q === k)));
}

function identity(T) {
  return range(T).map((q) => Float64Array.from({ length: T }, (_, k) => Number(q === k)));
}

function multiplied(M, R) {
  const [T, flat] = [R.length, Float64Array.from(R.flatMap((one) => [...one]))];
  return M.map((row) => product(row, flat, T, T));
}

// How much the head reads each token: (T,), which sums to 1.
function read_by_the_head(t) {
  const { pool, has_cls, tokens } = t.model.config;
  if (pool === "sequence") return t.values["pool.probs"].data;
  const first = pool === "mean" ? Number(has_cls) : 0;
  const last = pool === "cls" ? 1 : tokens;
  return Float64Array.from({ length: tokens }, (_, i) =>
    i >= first && i < last ? 1 / (last - first) : 0,
  );
}

// The rows of R that the head reads, weighed -> (N,), one number for each patch
function to_patches(R, t) {
  const reads = read_by_the_head(t);
  const looks = product(reads, Float64Array.from(R.flatMap((one) => [...one])), R.length, R.length);
  return looks.slice(Number(t.model.config.has_cls));
}
