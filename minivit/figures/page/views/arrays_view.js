// Forward and Backward: the pipeline, the arrays of a place, one of them as a heat map, and how the
// number under the cursor is made.

function arrays_view(app) {
  const { state } = app;
  const back = state.view === "backward";
  const names = Object.keys(back ? app.trace.gradients : app.trace.values);
  const known = (name) => names.includes(name) || (!back && name in app.model.parameters);
  const name = known(state.name)
    ? state.name
    : (names.find((one) => one.endsWith("attention.probs")) ?? "head.logits");
  const place = app.place_shown(name);
  const rail = element("div", { class: "rail" });
  const title = element("h1", { tabindex: -1 }, say(`view.${state.view}`));
  const main = element(
    "div",
    { class: "view arrays" },
    title,
    element("p", { class: "lead" }, say(`lead.${state.view}`)),
    back ? loss_choice(app) : null,
    back ? first_loss_again(app) : null,
    rail,
    app.told.recorded ? element("p", { class: "quiet" }, say("recorded.places")) : null,
    exports([["pipeline.svg", () => save_svg(rail.firstChild, "pipeline.svg")]]),
    back ? norms_by_depth(app, place) : null,
    place_panel(app, place, name, back),
    one_array(app, name, back),
  );
  const lay = () => {
    if (rail.clientWidth) rail.replaceChildren(pipeline(app, place, back, rail.clientWidth));
  };
  let width = 0;
  new ResizeObserver(() => {
    if (rail.clientWidth !== width) {
      width = rail.clientWidth;
      lay();
      app.refocus();
    }
  }).observe(rail);
  return main;
}

// What the place does, and its arrays and parameters, each with a small picture.
function place_panel(app, place, name, back) {
  const key = place_key(place);
  const values = arrays_of(app.trace, place, back);
  const learned = Object.keys(app.model.parameters).filter(
    (one) => app.place_shown(one) === place && (!back || one in app.trace.gradients),
  );
  return element(
    "section",
    { class: "panel place" },
    element("h2", {}, stage_of_place(place), element("code", { class: "path" }, place)),
    element("p", {}, say(`about.${key}`)),
    element(
      "div",
      { class: "chips", role: "group", "aria-label": say("arrays_of", { place }) },
      ...values.map((one) => chip(app, one, one === name, back)),
    ),
    learned.length ? element("h3", {}, say("parameters")) : null,
    learned.length
      ? element(
          "div",
          { class: "chips" },
          ...learned.map((one) => chip(app, one, one === name, back)),
        )
      : null,
  );
}

function chip(app, name, is_shown, back) {
  const x = array_of(app.trace, name, false);
  const canvas = element("canvas", { "aria-hidden": "true" });
  const picture = app.small(name, back, 0);
  const context = prepared(canvas, 46, 30);
  context.imageSmoothingEnabled = false;
  context.drawImage(picture, 0, 0, 46, 30);
  return element(
    "a",
    {
      class: "chip",
      href: app.link({ name, slice: 0, cell: null }),
      "aria-current": is_shown ? "true" : null,
      "data-key": `array-${name}`,
    },
    canvas,
    element(
      "span",
      {},
      `${back ? "d " : ""}${last_part(name)}`,
      element("small", {}, shape_text(x.shape)),
    ),
  );
}

// The array itself, and beside it the number under the cursor.
function one_array(app, name, back) {
  const { state } = app;
  const x = shown_array(app, name, back);
  const view = sliced(name, x, state.slice);
  const panel = element("div", { class: "panel made" });
  const axes = axes_of(name, x);
  const label = say("heat.label", { name, shape: shape_text(x.shape) });
  const tell = (row, column) => {
    const index = view.index(row, column);
    app.stay({ name, cell: [row, column], slice: view.slice });
    explain(app, panel, name, index, back);
    if (back) panel.append(check_button(app, name, index));
  };
  const follow = () => panel.querySelector("a.operand")?.click();
  const map = new HeatMap({
    name,
    x,
    slice: state.slice,
    label,
    on_cell: tell,
    on_enter: follow,
    on_key: (key) => app.key(key, { name, panel, map }),
  });
  app.map = map;
  const counted = axes.map((axis) => say(`axis.${axis}`)).join(" × ");
  const figure = heat_panel(map, state.cell ?? start_cell(view), {
    title: [
      `${back && state.show !== "value" ? "d " : ""}${last_part(name)}`,
      element("code", { class: "path" }, name),
    ],
    above: [
      element("p", { class: "quiet" }, counted + say("colon") + shape_text(x.shape)),
      back ? shown_choice(app) : null,
      back && state.show === "update" ? element("p", { class: "quiet" }, ...step_words(app)) : null,
      slice_choice(app, name, view),
    ],
    keys: back ? "keys.back" : "keys",
    files: [
      ["PNG", () => save_png(map, name)],
      ["CSV", () => save_csv(name, x)],
    ],
    below: [table_of(x, view, map)],
  });
  return element("section", { class: "array" }, figure, panel);
}

function step_words(app) {
  return say_with("show.step", { what: loss_words(app) });
}

// The cursor begins at the number of the largest size.
function start_cell({ columns, data }) {
  const at = largest_at(data.map(Math.abs));
  return [Math.floor(at / columns), at % columns];
}
