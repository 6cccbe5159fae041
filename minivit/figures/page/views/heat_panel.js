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

// Go to an index that is typed.
function ask_index(map) {
  const field = element("input", {
    type: "text",
    inputmode: "numeric",
    "aria-label": say("go_to"),
    placeholder: say("go_to"),
    class: "go-to",
  });
  const done = (take) => {
    const [row, column] = field.value.split(/[,\s]+/).map(Number);
    field.remove();
    if (take && Number.isInteger(row))
      map.move(...(Number.isInteger(column) ? [row, column] : [map.cell[0], row]));
    map.cursor.focus();
  };
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === "Escape") {
      event.stopPropagation();
      done(event.key === "Enter");
    }
  });
  map.element.prepend(field);
  field.focus();
}
