// The principal components of the embedding's filters.   (minivit/inspection/filters.py)
//
//     X = w - the mean of its columns,   X = U diag(s) V^T,   component i = column i of U
//     its share = s_i^2 / sum s^2

const FILTERS_SHOWN = 28;

// -> [{component (P P channels,), share}, ...], the largest first
function embedding_filters({ config, parameters }) {
  return principal_filters(parameters[config.patch_norm ? "projection.w" : "embed.w"]);
}

// w (pixels, D). The entry of largest size of a component is positive: its sign says nothing.
function principal_filters({ shape: [pixels, D], data }, most = FILTERS_SHOWN) {
  const X = parts(data, pixels).map((row) => {
    const mean = mean_of(row);
    return row.map((number) => number - mean);
  });
  const found = pixels <= D ? components_by_rows(X) : components_by_columns(X);
  const total = found.reduce((sum, { square }) => sum + square, 0) || 1;
  return found
    .sort((a, b) => b.square - a.square)
    .filter(({ square }) => square > 1e-24 * total)
    .slice(0, most)
    .map(({ component, square }) => {
      const sign = component[largest_at(component.map(Math.abs))] < 0 ? -1 : 1;
      return { component: component.map((number) => sign * number), share: square / total };
    });
}

// R X = diag(s) V^T with rows that are orthogonal, so U = R^T: R is what became of I beside X.
function components_by_rows(X) {
  const D = X[0].length;
  const I = identity(X.length);
  const beside = X.map((row, i) => Float64Array.from([...row, ...I[i]]));
  return orthogonal(beside, D).map((row) => ({
    square: dot(row.subarray(0, D), row),
    component: row.slice(D),
  }));
}

// X R = U diag(s)
function components_by_columns(X) {
  const columns = range(X[0].length).map((j) => Float64Array.from(X, (row) => row[j]));
  return orthogonal(columns, X.length).map((column) => {
    const square = dot(column, column);
    return { square, component: column.map((number) => number / (Math.sqrt(square) || 1)) };
  });
}

// The vectors turned, two by two, until their first `width` numbers are orthogonal to each other:
// the one-sided method of Jacobi (Hestenes 1958).
function orthogonal(vectors, width) {
  const starts = vectors.map((one) => one.subarray(0, width));
  for (let sweep = 0, turned = true; turned && sweep < 40; sweep++) {
    turned = false;
    for (let p = 0; p < vectors.length; p++) {
      for (let q = p + 1; q < vectors.length; q++) {
        const [a, b, both] = [[p, p], [q, q], [p, q]].map(([i, j]) => dot(starts[i], starts[j]));
        if (!(Math.abs(both) > 1e-14 * Math.sqrt(a * b))) continue;
        turned = true;
        const zeta = (b - a) / (2 * both);
        const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
        turn(vectors[p], vectors[q], 1 / Math.hypot(1, t), t / Math.hypot(1, t));
      }
    }
  }
  return vectors;
}

function turn(a, b, cosine, sine) {
  for (let i = 0; i < a.length; i++) {
    [a[i], b[i]] = [cosine * a[i] - sine * b[i], sine * a[i] + cosine * b[i]];
  }
}
