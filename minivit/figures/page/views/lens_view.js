// Logit lens: what the head would say at every depth.

function lens_view(app) {
  const names = lens_names(app.trace);
  const logits = app.runs.lens(app.state.image);
  const by_row = rows(logits).map((row) => probabilities(tensor([row.length], row)));
  const x = tensor(logits.shape, Float64Array.from(by_row.flatMap((row) => [...row])));
  return element(
    "div",
    { class: "view lens" },
    element("h1", { tabindex: -1 }, say("view.lens")),
    element("p", { class: "lead" }, say("lead.lens")),
    lens_map(app, names, logits, x),
    depths(app, names, by_row),
    element(
      "p",
      { class: "panel warning" },
      say("lens.about"),
      app.c.pool === "cls" ? ` ${say("lens.cls")}` : "",
    ),
  );
}

// Places by classes as a heat map, and beside it the number under the cursor.
function lens_map(app, names, logits, x) {
  const panel = element("div", { class: "panel made" });
  const [places, classes] = x.shape;
  const tell = (row, column) => {
    app.stay({ cell: [row, column] });
    const p = number_text(x.data[row * classes + column], 6);
    announce(`${stage_words(names[row])}, ${app.told.classes[column]}: ${p}`);
    panel.replaceChildren(
      element("h2", {}, stage_words(names[row])),
      element("p", { class: "where" }, element("b", {}, named(app.told.classes[column]))),
      element("p", { class: "number" }, p),
      element(
        "p",
        { class: "formula" },
        formula(WORDS.lens.formula),
        ", ",
        say("lens.logit", { logit: number_text(logits.data[row * classes + column], 6) }),
      ),
      names[row] in app.trace.values
        ? element("p", {}, stage_link(app, names[row], say("lens.open", { name: names[row] })))
        : "",
    );
  };
  const map = new HeatMap({
    name: "lens",
    x,
    slice: 0,
    names: { rows: names.map(stage_words), columns: app.told.classes, letters: 20 },
    label: say("lens.label", { places, classes }),
    on_cell: tell,
    on_enter: () => panel.querySelector("a")?.click(),
  });
  const said = largest_at(app.trace.logits.data);
  const first = [places - 1, app.images.told(app.state.image).label ?? said];
  const figure = heat_panel(map, app.state.cell ?? first, {
    title: [say("lens.map")],
    keys: "lens.keys",
    files: [
      ["PNG", () => save_png(map, "lens")],
      ["CSV", () => save_csv("lens", x)],
    ],
  });
  return element("section", { class: "array" }, figure, panel);
}

// What is said at every depth, how sure it is, and how often it is right over the gallery.
function depths(app, names, by_row) {
  const { label } = app.images.told(app.state.image);
  const { gallery, classes } = app.told;
  const heads = ["lens.place", "lens.says", "lens.sure"].map((key) => say(key));
  if (label !== null) heads.push(say("lens.of_label", { label: classes[label].slice(0, 24) }));
  if (gallery) heads.push(say("lens.right", { count: gallery.labels.length }));
  const lines = names.map((name, i) => {
    const said = largest_at(by_row[i]);
    return element(
      "tr",
      { class: said === label ? "agreed" : null },
      element("th", { scope: "row" }, stage_link(app, name, stage_words(name))),
      element("td", {}, named(classes[said], 24)),
      element("td", {}, with_bar(by_row[i][said])),
      label === null ? null : element("td", {}, with_bar(by_row[i][label])),
      gallery ? element("td", {}, with_bar(gallery.lens[i])) : null,
    );
  });
  return element(
    "section",
    { class: "panel" },
    element("h2", {}, say("lens.depths")),
    scrolling(
      say("lens.depths"),
      element(
        "table",
        { class: "numbers depths" },
        table_head(heads),
        element("tbody", {}, ...lines),
      ),
    ),
    label === null ? null : quiet_line(say("lens.green")),
    element("p", { class: "quiet" }, say(gallery ? "lens.gallery" : "gallery.none")),
  );
}

// A part of 1 as a bar, with its number.
function with_bar(part) {
  const bar = element("i", {});
  bar.style.width = `${100 * part}%`;
  const drawn = element("span", { class: "bar" }, bar);
  return element("div", { class: "with-bar" }, drawn, percent(part));
}

function stage_words(name) {
  return stage_of_place(place_of(name));
}

function stage_link(app, name, text) {
  if (!(name in app.trace.values)) return element("span", {}, text);
  const changes = { view: "forward", name, slice: 0, cell: null };
  return element("a", { href: app.link(changes), "data-key": `stage-${name}-${text}` }, text);
}
