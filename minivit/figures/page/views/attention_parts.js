// What Attention is made of: maps over the patches, the matrix of a head, rollout.

// A map over the patches, with a title and lines below.
function map_tile(app, numbers, scale, title, ...words) {
  const text = typeof title === "string" ? title : title.textContent;
  const canvas = element("canvas", {
    class: "picture",
    role: "img",
    "aria-label": describe_map(app, numbers, text),
  });
  draw_patch_map(canvas, app.c, numbers, scale, app.image, app.told.ink, TILE);
  return element(
    "figure",
    { class: "tile" },
    element("figcaption", {}, title),
    canvas,
    ...present(words).map((line) => element("p", { class: "quiet" }, line)),
  );
}

// A map in words: where it is largest.
function describe_map(app, numbers, title) {
  const n = largest_at(numbers);
  return say("map.alt", { title, number: number_text(numbers[n], 3), ...patch_words(app.c, n) });
}

// The T x T matrix of the chosen head; its cursor's row is the token that asks.
function matrix_of(app, look, on_row) {
  const name = `blocks.${look.block}.attention.probs`;
  const map = new HeatMap({
    name,
    x: app.trace.values[name],
    slice: look.head,
    label: say("attention.matrix_label", { i: look.head }),
    on_cell: (row, column) => {
      on_row(row);
      announce(`${row}, ${column}: ${number_text(map.view.data[row * map.view.columns + column])}`);
    },
  });
  map.locked = true;
  map.cell = [look.token, 0];
  map.panel = element(
    "section",
    { class: "panel" },
    element("h2", {}, say("attention.matrix", { i: look.head })),
    map.element,
    element(
      "p",
      {},
      element(
        "a",
        { href: app.link({ view: "forward", name, slice: look.head, cell: null }) },
        say("attention.in_forward"),
      ),
    ),
    exports([["PNG", () => save_png(map, name)]]),
    element("p", { id: "heat-keys", class: "unseen" }, say("keys")),
  );
  return map;
}

function rollout_panel(app) {
  const start = Math.min(app.state.start, app.c.depth - 1);
  const numbers = app.runs.rollout(app.state.image, start);
  const scale = marker_scale(numbers);
  return element(
    "section",
    { class: "panel" },
    element("h2", {}, say("rollout")),
    choice(
      say("rollout.start"),
      range(app.c.depth).map((i) => [String(i), { start: i }, i === start]),
      app,
    ),
    map_tile(app, numbers, scale, say("why.rollout")),
    legend(scale),
    element("p", { class: "quiet" }, say("rollout.about")),
  );
}
