// Overview: the image, what the model says of it, and whether the page computes what minivit does.

function overview(app) {
  const { told, state, c, image } = app;
  const shown = app.images.told(state.image);
  const classes = ranked(app.trace.logits);
  const canvas = element("canvas", {
    class: "picture",
    role: "img",
    "aria-label": say("image.alt"),
  });
  const { context } = draw_image(canvas, image, told.ink, 260);
  draw_grid(context, c, 260);
  const said = classes[0];
  return element(
    "div",
    { class: "view overview" },
    element("h1", { tabindex: -1 }, say("view.overview")),
    element("p", { class: "lead" }, say("lead.overview")),
    tour_start(app),
    element(
      "div",
      { class: "cards" },
      element(
        "section",
        { class: "panel" },
        element("h2", {}, named(app.images.name(state.image))),
        canvas,
        element(
          "p",
          { class: "quiet" },
          say("grid", {
            height: c.image[0],
            width: c.image[1],
            channels: c.channels,
            rows: c.grid[0],
            columns: c.grid[1],
            patch: `${c.patch[0]} × ${c.patch[1]}`,
          }),
        ),
      ),
      element(
        "section",
        { class: "panel" },
        element("h2", {}, say("answer")),
        verdict_of(app, shown, said),
        top_classes(app, classes, shown.label),
        loss_line(app, shown),
      ),
      element("section", { class: "panel" }, element("h2", {}, say("model")), configuration(app)),
    ),
    part_when_there(app, () => badge(app)),
    element("p", { class: "panel warning" }, contents(app)),
    element(
      "section",
      { class: "panel" },
      element("h2", {}, say("where_to_go")),
      element(
        "ul",
        { class: "ways" },
        way(app, "forward", { view: "forward", name: last_probs(app) }),
        way(app, "backward", { view: "backward", name: last_probs(app) }),
        way(app, "attention", { view: "attention" }),
        way(app, "why", { view: "why" }),
        app.runs.shows("change") ? way(app, "change", { view: "change" }) : null,
        way(app, "lens", { view: "lens" }),
        told.learning ? way(app, "training", { view: "training" }) : null,
        way(app, "mistakes", { view: "mistakes" }),
        way(app, "compare", { view: "compare" }),
        way(app, "model", { view: "model" }),
        way(app, "words", { view: "words" }),
      ),
    ),
  );
}

// Whose weights this file holds, and how many images.
function contents({ told, images }) {
  const { length } = told.others;
  return say(length ? "contains.runs" : "contains", { count: images.count, models: length + 1 });
}

function way(app, key, changes) {
  return element(
    "li",
    {},
    element("a", { href: app.link({ slice: 0, cell: null, ...changes }) }, say(`view.${key}`)),
    ` ${say(`way.${as_shown(app, key)}`)}`,
  );
}

// What a view's sentences are called: without snapshots Training has its curve alone.
function as_shown({ snapshots }, view) {
  return view === "training" && !snapshots.count ? "training.curve" : view;
}

function last_probs(app) {
  return (
    Object.keys(app.trace.values)
      .filter((name) => name.endsWith("attention.probs"))
      .at(-1) ?? "head.logits"
  );
}

function verdict_of(app, { label }, [said, probability]) {
  const places = {
    said: element("b", {}, named(app.told.classes[said])),
    probability: percent(probability),
    label: label === null ? "" : element("b", {}, named(app.told.classes[label])),
  };
  const key = label === null ? "says" : label === said ? "says.right" : "says.wrong";
  return element("p", { class: "says" }, ...say_with(key, places));
}

function top_classes(app, classes, label) {
  return element(
    "ol",
    { class: "bars" },
    ...classes.slice(0, 5).map(([c, p]) => {
      const bar = element("i", {});
      bar.style.width = `${Math.max(100 * p, 0.5)}%`;
      return element(
        "li",
        { class: c === label ? "now" : null },
        element("span", {}, named(app.told.classes[c], 24)),
        element("span", { class: "bar" }, bar),
        element("b", {}, percent(p)),
      );
    }),
  );
}

function loss_line(app, { label }) {
  const loss = loss_of(app.trace.logits, app.runs.usual_loss(app.state.image));
  return element(
    "p",
    { class: "quiet" },
    say(label === null ? "loss_of_said" : "loss_of_label", { loss: number_text(loss, 5) }),
  );
}

function configuration(app) {
  const { c, told } = app;
  const count = Object.values(told.parameters).reduce(
    (sum, shape) => sum + shape.reduce((a, b) => a * b, 1),
    0,
  );
  const facts = {
    width: c.width,
    depth: c.depth,
    heads: `${c.heads} × ${c.head_width}`,
    mlp: c.mlp,
    tokens: c.tokens,
    pool: c.pool,
    positions: c.positions === "none" ? "none" : `${c.positions}, ${c.positions_at}`,
    gelu: c.gelu,
    parameters: count.toLocaleString("en"),
    dtype: told.dtype,
  };
  return element(
    "dl",
    { class: "facts" },
    ...Object.entries(facts).flatMap(([key, value]) => [
      element("dt", {}, say(`config.${key}`)),
      element("dd", {}, String(value)),
    ]),
  );
}

// Recomputed here, against the signed sums of minivit's own trace.
const AGREES = 1e-11;

function badge(app) {
  if (app.told.recorded) return recording_told(app);
  if (app.state.image >= app.images.shown) return answers_alike(app);
  const { count, worst, name } = app.runs.check(app.state.image);
  const agrees = worst < AGREES;
  return element(
    "p",
    { class: `panel badge ${agrees ? "agrees" : "differs"}`, "data-worst": worst },
    element("b", {}, say(agrees ? "agrees" : "differs")),
    " ",
    say("badge", {
      worst: worst.toExponential(0).replace("-", "−"),
      count: count.toLocaleString("en"),
      name,
    }),
  );
}

// Of an image of the gallery the page was told the answer, and no sums.
const TOLD_TO = 5e-4; // minivit's probability, of float32, is written to 4 digits

function answers_alike(app) {
  const { said, sure } = app.images.told(app.state.image);
  const p = probabilities(app.trace.logits);
  const agrees = Math.abs(p[said] - sure) < TOLD_TO;
  return element(
    "p",
    { class: `panel badge ${agrees ? "agrees" : "differs"}` },
    element("b", {}, say(agrees ? "agrees" : "differs")),
    " ",
    ...say_with("badge.gallery", {
      said: named(app.told.classes[said], 24),
      sure: sure.toFixed(4),
      here: p[said].toFixed(4),
    }),
  );
}
