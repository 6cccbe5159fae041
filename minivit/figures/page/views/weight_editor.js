// A parameter, an index, and the number that shall stand there.

function weight_editor(app, on_change) {
  const { parameters } = app.model;
  const name = element(
    "select",
    { "aria-label": say("change.parameter"), onchange: () => fill() },
    ...Object.keys(parameters).map((one) => element("option", { value: one }, one)),
  );
  const index = element("input", {
    type: "text",
    "aria-label": say("change.index"),
    onchange: () => {
      if (place() === null) told.textContent = say("change.no_number");
      else fill();
    },
  });
  const value = element("input", {
    type: "text",
    class: "exact", // all digits of the number
    inputmode: "decimal",
    "aria-label": say("change.value"),
  });
  const told = element("p", { class: "quiet", role: "status" });
  const place = () => {
    const { shape } = parameters[name.value];
    const at = index.value.split(/[,\s]+/).map(Number);
    return at.length === shape.length &&
      at.every((i, axis) => Number.isInteger(i) && i >= 0 && i < shape[axis])
      ? flat_index(shape, at)
      : null;
  };
  const fill = () => {
    const { shape, data } = parameters[name.value];
    if (place() === null) index.value = shape.map(() => 0).join(", ");
    value.value = String(data[place()]);
    told.textContent = say("change.shape", { shape: shape_text(shape) });
  };
  const apply = () => {
    const number = Number(value.value);
    if (place() === null || value.value.trim() === "" || !Number.isFinite(number))
      told.textContent = say("change.no_number");
    else on_change({ kind: "weight", name: name.value, index: place(), value: number });
  };
  fill();
  return element(
    "div",
    { class: "choice" },
    name,
    index,
    value,
    element("button", { type: "button", onclick: apply }, say("change.apply")),
    told,
  );
}
