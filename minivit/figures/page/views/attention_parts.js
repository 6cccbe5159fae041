// What Attention is made of: the lines below a head's map, the matrix of a head, rollout.

// How a head spreads this token's attention and how far it looks, beside the means over all.
function measures(c, A, { token, by_keys }) {
  const number = (x) => number_text(x, 3);
  const [bits, far] = [entropy_of(A[token]), distances_looked(A, c)];
  const own = far[token - Number(c.has_cls)];
  const [mean, mean_far] = [number(attention_entropy(A)), number(mean_of(far))];
  return [
    by_keys
      ? say("attention.bits_of_all", { mean })
      : say("attention.bits", { own: number(bits), keys: number(2 ** bits), mean }),
    by_keys || own === undefined // cls lies nowhere
      ? say("attention.far_of_all", { mean: mean_far })
      : say("attention.far", { own: number(own), mean: mean_far }),
  ];
}

// The T x T matrix of the chosen head. Its cursor's row, or where it is shown who asks its column,
// is the token; on_cell(token, other).
function matrix_of(app, look, on_cell) {
  const { c } = app;
  const name = `blocks.${look.block}.attention.probs`;
  const names = c.has_cls ? ["cls", ...range(c.patches).map(String)] : undefined;
  const turned = ([a, b]) => (look.by_keys ? [b, a] : [a, b]);
  const of_head = { block: look.block, i: look.head };
  const reading = element("p", { class: "reading" });
  const in_words = ([row, column]) =>
    place_words(c, "query", row) + say("semicolon") + place_words(c, "key", column);
  const number = ([row, column]) => number_text(look.of_heads[look.head][row][column]);
  const link = element("a", {}, say("attention.in_forward"));
  const read = (cell) => {
    reading.replaceChildren(in_words(cell) + say("colon"), element("b", {}, number(cell)));
    link.setAttribute("href", app.link({ view: "forward", name, slice: look.head, cell }));
  };
  const map = new HeatMap({
    name,
    x: app.trace.values[name],
    slice: look.head,
    names: { rows: names, columns: names },
    label: say("attention.matrix_label", of_head),
    on_cell: (...cell) => {
      read(cell);
      on_cell(...turned(cell));
      announce(in_words(cell) + say("colon") + number(cell));
    },
    on_enter: () => app.go({ view: "forward", name, slice: look.head, cell: map.cell }),
  });
  map.locked = true;
  map.cursor.addEventListener("pointermove", (event) => read(map.under(event) ?? map.cell));
  map.cursor.addEventListener("pointerleave", () => read(map.cell));
  map.choose = (token, other = turned(map.cell)[1]) => {
    map.cell = turned([token, other]);
    map.mark();
    read(map.cell);
  };
  map.choose(look.token, largest_at(looks_of(look.of_heads[look.head], look)));
  map.panel = element(
    "section",
    { class: "panel" },
    element("h2", {}, say("attention.matrix", of_head)),
    map.element,
    reading,
    c.has_cls ? element("p", { class: "quiet" }, say("attention.cls_first")) : null,
    element("p", { id: "heat-keys", class: "quiet keys" }, say("attention.matrix_keys")),
    element("p", {}, link),
    exports([["PNG", () => save_png(map, name)]]),
  );
  return map;
}

function rollout_panel(app) {
  const start = Math.min(app.state.start, app.c.depth - 1);
  const drawn = () => {
    const numbers = app.runs.rollout(app.state.image, start);
    const scale = marker_scale(numbers);
    return [map_tile(app, numbers, scale, say("why.rollout")), legend(scale)];
  };
  return element(
    "section",
    { class: "panel" },
    element("h2", {}, say("rollout")),
    choice(
      say("rollout.start"),
      range(app.c.depth).map((i) => [String(i), { start: i }, i === start]),
      app,
    ),
    part_when_there(app, drawn),
    element("p", { class: "quiet" }, say("rollout.about")),
  );
}
