// Model: what it has learned, whatever the image: filters, positions, how far its heads look.
// (ViT paper, figure 7: left, centre, right.)

function model_view(app) {
  return element(
    "div",
    { class: "view model" },
    element("h1", { tabindex: -1 }, say("view.model")),
    element("p", { class: "lead" }, say("lead.model")),
    filters_panel(app),
    positions_panel(app),
    ...heads_panels(app),
  );
}

function filters_panel(app) {
  const filters = embedding_filters(app.model);
  const share = (i) => percent(filters[i]?.share ?? 0);
  const told = say("training.filters.told", { count: filters.length, first: share(0) });
  const canvas = filters_picture(app.c, filters, told);
  const width = filters[0]?.component.length ?? 0;
  const numbers = Float64Array.from(filters.flatMap(({ component }) => [...component]));
  return element(
    "section",
    { class: "panel" },
    element("h2", {}, say("training.filters")),
    element("p", { class: "quiet" }, say("training.filters.about")),
    filters.length ? canvas : null,
    element("p", {}, told),
    element(
      "p",
      { class: "quiet" },
      say("model.shares", { shares: filters.map((_, i) => share(i)).join(", ") || "0" }),
    ),
    exports([
      ["PNG", () => save_png({ base: canvas }, "filters")],
      ["CSV", () => save_csv("filters", tensor([filters.length, width], numbers))],
    ]),
  );
}

// Every patch's map, and the one of the patch under the cursor.
function positions_panel(app) {
  const title = element("h2", {}, say("training.positions"));
  const vectors = added_vectors(app.model);
  if (!vectors) {
    const none = element("p", {}, say("model.no_positions"));
    return element("section", { class: "panel" }, title, none);
  }
  const cosines = similarity(vectors);
  const scale = scale_of(cosines.flatMap((row) => [...row]));
  const r = nearness(cosines, app.c.grid).toFixed(2).replace("-", "−");
  const told = say("training.positions.told", { r });
  const all = likeness_picture(app.c.grid, cosines, scale, told);
  const one = likeness_map(app, cosines, scale);
  const N = vectors.length;
  const numbers = Float64Array.from(cosines.flatMap((row) => [...row]));
  return element(
    "section",
    { class: "panel" },
    title,
    element("p", { class: "quiet" }, say("training.positions.about")),
    element(
      "div",
      { class: "pair" },
      element("div", {}, all, element("p", {}, told)),
      element("div", {}, one.map.element, one.told),
    ),
    element("p", { id: "heat-keys", class: "quiet keys" }, say("model.positions.keys")),
    exports([
      ["PNG", () => save_png({ base: all }, "positions")],
      ["CSV", () => save_csv("positions", tensor([N, N], numbers))],
    ]),
    ...positions_of_runs(app, cosines),
  );
}

// The cursor stands on a patch; the colours are its cosines with all.
function likeness_map(app, cosines, scale) {
  const { c, state } = app;
  const told = element("p", { class: "where", role: "status" });
  const map = new HeatMap({
    name: "positions",
    x: tensor(c.grid, cosines[0]),
    slice: 0,
    label: say("model.positions.label"),
    what: say("training.cosine"),
    scale,
    on_cell: (row, column) => {
      const n = row * c.grid[1] + column;
      app.stay({ cell: [row, column] });
      recolour(map, cosines[n]);
      told.textContent = likeness_words(c, cosines[n], n);
      announce(told.textContent);
    },
  });
  map.cell = state.cell ?? [Math.floor(c.grid[0] / 2), Math.floor(c.grid[1] / 2)];
  setTimeout(() => map.move(...map.cell));
  return { map, told };
}

// Other numbers in the cells of a heat map.
function recolour(map, numbers) {
  map.view.data = numbers;
  if (!map.wide) return;
  map.base.getContext("2d").clearRect(0, 0, map.base.width, map.base.height);
  map.draw();
}

function likeness_words(c, row, n) {
  const others = row.map((cosine, k) => (k === n ? -Infinity : cosine));
  const [most, least] = [largest_at(others), largest_at(row.map((cosine) => -cosine))];
  const at = (k) => say("axis.grid", { axis: say("axis.patch"), i: k, ...patch_words(c, k) });
  if (row.length < 2) return at(n);
  return say("model.positions.place", {
    place: at(n),
    most: at(most),
    high: number_text(row[most], 3),
    least: at(least),
    low: number_text(row[least], 3),
  });
}
