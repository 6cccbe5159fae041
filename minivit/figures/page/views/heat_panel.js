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

// Go to an index of the array that is typed, as the page prints it: scores[2, 0, 7], or 2,0,7; of
// heads' arrays 0,7 is one of the head that is shown.
function ask_index(app, map, name) {
  const axes = axes_of(name, map).map((axis) => say(`axis.${axis}`)).join(", ");
  const field = element("input", {
    type: "text",
    "aria-label": axes,
    placeholder: axes,
    class: "go-to",
  });
  const told = element("p", { class: "quiet", role: "status" });
  const close = () => {
    field.remove();
    told.remove();
    map.cursor.focus();
  };
  const go = () => {
    const index = index_typed(field.value, map);
    if (!index) {
      const words = { name, axes, count: map.shape.length, shape: shape_text(map.shape) };
      told.textContent = say("go_to.wrong", { ...words, typed: field.value });
      return;
    }
    close();
    const slice = slice_of(name, map.shape, index);
    const cell = cell_of(name, map.shape, index, slice);
    if (slice === map.view.slice) map.move(...cell);
    else app.go({ name, slice, cell });
  };
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.stopPropagation();
    if (event.key === "Enter") go();
    else close();
  });
  map.element.prepend(field, told);
  field.focus();
}

// The index that a text names, if the array has it.
function index_typed(text, { shape, view }) {
  const found = /^[^[]*\[([\d,\s]+)\]?$/.exec(text)?.[1] ?? text;
  const numbers = found.trim().split(/[,\s]+/).map((one) => (/^\d+$/.test(one) ? Number(one) : -1));
  const is_of_slice = numbers.length === 2 && shape.length === 3;
  const index = is_of_slice ? view.index(...numbers) : numbers;
  const fits = index.length === shape.length && index.every((i, axis) => i >= 0 && i < shape[axis]);
  return fits ? index : null;
}
