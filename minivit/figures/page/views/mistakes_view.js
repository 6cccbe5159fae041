// Mistakes: how many test images of each class are said to be which, and the images themselves.

const LISTED = 60; // images of a cell, at most: the surest

function mistakes_view(app) {
  const { gallery } = app.told;
  const title = element("h1", { tabindex: -1 }, say("view.mistakes"));
  const lead = element("p", { class: "lead" }, say("lead.mistakes"));
  if (!gallery)
    return element("div", { class: "view" }, title, element("p", {}, say("gallery.none")));
  const counts = confusion(gallery.labels, gallery.said, app.c.classes);
  const list = element("section", { class: "panel" });
  const map = confusion_map(app, counts, list);
  const beside = element("div", { class: "view" }, looked_at(app), list);
  const right = gallery.labels.filter((label, i) => label === gallery.said[i]).length;
  return element(
    "div",
    { class: "view mistakes" },
    title,
    lead,
    element(
      "p",
      { class: "says" },
      say("mistakes.right", {
        right,
        count: gallery.labels.length,
        part: percent(right / gallery.labels.length),
        of: gallery.of,
      }),
    ),
    element("div", { class: "array" }, map, beside),
  );
}

// The image that is looked at, and the views that ask about it.
function looked_at(app) {
  const views = ["why", "lens", "compare", "change"].filter((view) => app.runs.shows(view));
  const name = element("b", {}, named(app.images.name(app.state.image)));
  return element(
    "p",
    { class: "panel choice" },
    element("span", {}, ...say_with("mistakes.looked_at", { name })),
    ...views.map((view) => {
      const link = element("a", { "data-key": `ask-${view}` }, say(`view.${view}`));
      return app.bound(link, way_to(view, "mistakes"));
    }),
  );
}

// The counts as a heat map; the images of the cell under the cursor are listed.
function confusion_map(app, counts, list) {
  const classes = app.c.classes;
  const map = new HeatMap({
    name: "confusion",
    x: counts,
    slice: 0,
    label: say("mistakes.label", { classes }),
    scale: by_logarithm(counts.data),
    names: { rows: app.told.classes, columns: app.told.classes },
    is_written: true,
    on_cell: (label, said) => {
      app.stay({ cell: [label, said] });
      list_images(app, list, label, said);
    },
    on_enter: () => list.querySelector("a")?.focus(),
  });
  app.map = map;
  map.locked = true;
  return heat_panel(map, app.state.cell ?? cell_to_begin(app, counts), {
    title: [say("mistakes.matrix")],
    keys: "mistakes.keys",
    files: [
      ["PNG", () => save_png(map, "confusion")],
      ["CSV", () => save_csv("confusion", counts)],
    ],
    below: [element("p", { class: "quiet" }, say("mistakes.about"))],
  });
}

// Where the page's image lies, if its class is known; else the most frequent mistake.
function cell_to_begin(app, { data }) {
  const { classes } = app.c;
  const { label, said } = app.images.told(app.state.image);
  if (label !== null) return [label, said ?? largest_at(app.trace.logits.data)];
  const at = largest_at(data.map((count, i) => (i % (classes + 1) ? count : 0)));
  return [Math.floor(at / classes), at % classes];
}

function list_images(app, list, label, said) {
  const { gallery, classes } = app.told;
  const found = range(gallery.labels.length)
    .filter((n) => gallery.labels[n] === label && gallery.said[n] === said)
    .sort((a, b) => gallery.sure[b] - gallery.sure[a]);
  const names = { label: named(classes[label], 24), said: named(classes[said], 24) };
  const shown = found.slice(0, LISTED);
  announce(`${label}, ${said}: ${found.length}`);
  list.replaceChildren(
    element("h2", {}, ...say_with("mistakes.cell", { ...names, count: found.length })),
    element(
      "div",
      { class: "listed" },
      ...shown.map((n) =>
        image_link(app, app.images.of_gallery(n), 48, [percent(gallery.sure[n])]),
      ),
    ),
    element("p", { class: "quiet" }, say("mistakes.listed", { shown: shown.length })),
  );
}

// A count as a marker whose colour follows its logarithm: the diagonal would hide all else.
function by_logarithm(data) {
  const scale = scale_of([0, ...data]);
  const most = Math.log1p(scale.high) || 1;
  return { ...scale, text: String, colour: (count) => between(MARKER, Math.log1p(count) / most) };
}
