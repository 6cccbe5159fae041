// A heat map in its panel: what stands above and below it, its keys and its files.

// The cursor goes to `cell` when the page has been laid out.
function heat_panel(map, cell, { title, above = [], keys, files, below = [] }) {
  map.cell = cell;
  setTimeout(() => map.move(...map.cell));
  return element(
    "div",
    { class: "panel figure" },
    element("h2", {}, ...title),
    ...above,
    map.element,
    element("p", { id: "heat-keys", class: "quiet keys" }, say(keys)),
    exports(files),
    ...below,
  );
}
