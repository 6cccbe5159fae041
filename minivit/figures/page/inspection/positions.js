// How alike the positions of two patches are.   (minivit/inspection/positions.py, structure.py)

// The vectors that are added to the patches' tokens, of the first table: N rows of D, in raster
// order; null where none is learned.
function position_vectors({ config: c, parameters }) {
  const patches = (name) => rows(parameters[name]).slice(Number(c.has_cls));
  if (c.positions === "learned" && c.positions_at === "input") return patches("embed.positions");
  const places = [IN_FRONT, ...range(c.depth).map((i) => `blocks.${i}.positions`)];
  const home = places.map((place) => tables_of(c, place)).find((one) => one !== null);
  if (home === undefined || SINCOS.includes(c.positions)) return null;
  if (c.positions === "learned") return patches(`${home}.table`);
  const [of_row, of_column] = ["rows", "columns"].map((one) => rows(parameters[`${home}.${one}`]));
  return of_row.flatMap((row) =>
    of_column.map((column) => Float64Array.from([...row, ...column])),
  );
}

// The cosine of each vector with all: N rows of N. A vector of zeros has cosine 0.
function similarity(vectors) {
  const units = vectors.map((vector) => {
    const size = Math.sqrt(dot(vector, vector)) || 1;
    return vector.map((number) => number / size);
  });
  return units.map((one) => Float64Array.from(units, (other) => dot(one, other)));
}

// The correlation, over all pairs, of the cosine of two positions with minus their distance.
function nearness(cosines, grid) {
  const distances = patch_distances(grid, [1, 1]);
  const pairs = (matrix) => matrix.flatMap((row, q) => [...row.slice(q + 1)]);
  return correlation(pairs(cosines), pairs(distances).map((far) => -far)) ?? 0;
}

// The vectors that are added, learned or fixed; null where none are.
function added_vectors(model) {
  const { positions, tokens, width, grid, has_cls } = model.config;
  if (!SINCOS.includes(positions)) return position_vectors(model);
  return rows(sincos_table(positions, tokens, width, grid)).slice(Number(has_cls));
}
