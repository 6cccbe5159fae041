// An array of both sides, on one scale, and their difference: three heat maps with one cursor.

function array_beside(app, { sides }) {
  const traces = sides.map(({ trace }) => trace);
  const [a, b] = traces;
  const names = Object.keys(a.values);
  const usual = names.filter((one) => comparable(a, b, one));
  const name = names.includes(app.state.name)
    ? app.state.name
    : (usual.findLast((one) => one.endsWith("attention.probs")) ?? "head.logits");
  const body = comparable(a, b, name)
    ? maps_beside(app, sides, name)
    : [element("p", {}, unlike(b, a, name))];
  return element(
    "section",
    { class: "panel" },
    element("h2", {}, say("compare.array")),
    array_choice(app, names, usual, name),
    ...body,
  );
}

function array_choice(app, names, usual, name) {
  const list = element(
    "select",
    {
      "data-key": "compared-array",
      onchange: () => app.go({ name: list.value, slice: 0, cell: null }),
    },
    ...names.map((one) => {
      const text = usual.includes(one) ? one : say("compare.not", { name: one });
      return element("option", { value: one, selected: one === name }, text);
    }),
  );
  return element("label", { class: "choice" }, say("compare.choose"), list);
}

// Why this array has no difference.
function unlike(b, a, name) {
  const here = shape_text(a.values[name].shape);
  if (!(name in b.values)) return say("compare.lacks", { name, here });
  return say("compare.unlike", { name, here, there: shape_text(b.values[name].shape) });
}

function maps_beside(app, sides, name) {
  const { state } = app;
  const [x, y] = sides.map(({ trace }) => trace.values[name]);
  const difference = difference_of(x, y);
  const views = [x, y, difference].map((one) => sliced(name, one, state.slice));
  const shared = scale_of([...views[0].data, ...views[1].data]);
  const scales = [shared, shared, scale_of(views[2].data, true)];
  const titles = ["compare.this", "compare.other", "compare.difference"].map((key) => say(key));
  const numbers = element("div", {});
  let maps = [];
  const tell = (row, column) => {
    app.stay({ name, cell: [row, column], slice: views[0].slice });
    for (const map of maps) {
      map.cell = [row, column];
      map.mark();
    }
    const at = row * views[0].columns + column;
    numbers.replaceChildren(
      ...cell_beside(app, name, x, views[0].index(row, column), (k) => views[k].data[at], titles),
    );
  };
  maps = [x, y, difference].map((one, k) => {
    const label = `${titles[k]}: ${say("heat.label", { name, shape: shape_text(one.shape) })}`;
    const given = { name, x: one, slice: state.slice, scale: scales[k], label };
    return new HeatMap({ ...given, on_cell: tell });
  });
  const last = maps[2];
  last.cell = state.cell ?? start_cell(views[2]);
  app.map = last;
  setTimeout(() => last.move(...last.cell));
  const figures = maps.map((map, k) =>
    element(
      "div",
      {},
      element("h3", {}, ...(k < 2 ? side_words(k, sides[k].name) : [titles[k]])),
      map.element,
    ),
  );
  return present([
    slice_choice(app, name, views[0]),
    element("div", { class: "plots" }, ...figures),
    element("p", { id: "heat-keys", class: "quiet keys" }, say("compare.keys")),
    numbers,
    exports([
      ["PNG", () => save_png(last, `${name}-difference`)],
      ["CSV", () => save_csv(`${name}-difference`, difference)],
    ]),
  ]);
}

// The number under the cursor, of both sides, and the difference.
function cell_beside(app, name, x, index, number, titles) {
  const found = titles.map((_, k) => number_text(number(k), 6));
  announce(`${index.join(", ")}: ${found.join(", ")}`);
  const where = axes_of(name, x).map((axis, i) => place_words(app.c, axis, index[i]));
  return [
    element(
      "p",
      { class: "where" },
      element("b", {}, `${last_part(name)}[${index.join(", ")}]`),
      ` ${where.join(say("semicolon"))}`,
    ),
    element(
      "dl",
      { class: "facts" },
      ...titles.flatMap((title, k) => [
        element("dt", {}, title),
        element("dd", {}, found[k]),
      ]),
    ),
  ];
}
