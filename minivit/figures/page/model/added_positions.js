// Positions that the embedding does not add itself.   (minivit/models/positions.py)

const SINCOS = ["sincos", "sincos-2d", "sincos-2d-mae"];

// The place whose tables are added here; null where nothing is added.
function tables_of(c, place) {
  const in_embedding = c.positions === "learned" && c.positions_at === "input";
  if (c.positions === "none" || in_embedding) return null;
  if (c.positions_at === "input") return place === IN_FRONT ? IN_FRONT : null;
  if (place === IN_FRONT) return null;
  return c.positions_at === "every-layer" ? place : IN_FRONT;
}

// x (T, D) -> (T, D); x itself where nothing is added
function add_positions_forward(t, c, place, x) {
  const home = tables_of(c, place);
  if (home === null) return x;
  const { grid, positions: kind } = c;
  if (SINCOS.includes(kind)) {
    return t.forward(place, sincos_positions_forward, x, { kind, grid }, { inputs: [] });
  }
  if (kind === "learned") return t.forward(place, positions_forward, x, {}, { home });
  return t.forward(place, positions_2d_forward, x, { grid }, { home });
}

// dx (T, D) -> (T, D)
function add_positions_backward(t, c, place, dx) {
  if (tables_of(c, place) === null) return dx;
  if (SINCOS.includes(c.positions)) return t.backward_of(place, sincos_positions_backward, dx);
  const op = c.positions === "learned" ? positions_backward : positions_2d_backward;
  return t.backward_of(place, op, dx);
}
