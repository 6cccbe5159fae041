// Why this class: seven maps of the same question in one row, how far they agree, and what happens
// when the patches that they name are covered.

function why_view(app) {
  const targets = app.runs.targets(app.state.image);
  const is_asked = app.state.loss || app.told.target !== null;
  const asked = is_asked ? app.loss.label : null;
  const label = targets.includes(asked) ? asked : largest_at(app.trace.logits.data);
  const target = app.loss.kind === "difference" ? app.loss : label;
  const results = element("div", { class: "results", "aria-busy": "false" });
  const fill = () => draw_when_there(app, results, () => reasons_shown(app, target));
  const { passes } = app.runs;
  const work_on = () => {
    results.setAttribute("aria-busy", "true");
    results.replaceChildren(element("p", {}, say("why.computing", { count: passes })));
    setTimeout(() => {
      if (results.isConnected) fill();
    }, 30);
  };
  const seconds = passes ? app.runs.patience(app.state.image) : 0;
  if (!passes) fill();
  else if (seconds <= LONG) work_on();
  else results.replaceChildren(...asked_before(app, seconds, work_on));
  return element(
    "div",
    { class: "view why" },
    element("h1", { tabindex: -1 }, say("view.why")),
    element("p", { class: "lead" }, say("lead.why")),
    element(
      "div",
      { class: "choice" },
      element("span", { class: "quiet" }, say("why.class")),
      ...target_choice(app, targets, label),
      app.runs.derives({}) ? gradient_link(app, target) : null,
    ),
    results,
  );
}

// The class whose score is asked about; and another, whose score is taken off it, or none.
function target_choice(app, targets, label) {
  const p = probabilities(app.trace.logits);
  const other = app.loss.kind === "difference" ? app.loss.other : null;
  const go = (one, less) => {
    const loss = less === null ? loss_asked(one) : { kind: "difference", label: one, other: less };
    app.go({ loss });
  };
  const option = (c, is_chosen) =>
    element(
      "option",
      { value: c, selected: is_chosen },
      `${app.told.classes[c].slice(0, 40)} (${percent(p[c])})`,
    );
  const select = (key, onchange, ...options) =>
    element("select", { "aria-label": say(key), "data-key": key, onchange }, ...options);
  const first = select(
    "why.class",
    ({ target: { value } }) => go(Number(value), Number(value) === other ? label : other),
    ...targets.map((c) => option(c, c === label)),
  );
  if (!app.runs.derives({}) || targets.length < 2) return [first];
  const second = select(
    "why.less",
    ({ target: { value } }) => go(label, value === "" ? null : Number(value)),
    element("option", { value: "" }, "–"),
    ...targets.filter((c) => c !== label).map((c) => option(c, c === other)),
  );
  return [first, element("span", { class: "quiet" }, say("why.less")), second];
}

// Backward asks about the class that is chosen here: the way there says so.
function gradient_link(app, target) {
  const to = { ...way_to("backward", "why"), loss: loss_asked(target) };
  return app.bound(element("a", { "data-key": "why-gradient" }, say("why.gradient")), to);
}

// What takes minutes is told before: the page may stand still while the model runs.
function asked_before(app, seconds, work_on) {
  const minutes = Math.ceil(seconds / 60);
  return [
    element("p", {}, say("why.long", { count: app.runs.passes, minutes })),
    app.questions.works ? "" : element("p", {}, say("why.still")),
    element("button", { type: "button", class: "primary", onclick: work_on }, say("why.go")),
  ];
}

function reasons_shown(app, target) {
  const { maps, sum, difference } = app.runs.reasons(app.state.image, target);
  const words = { sum: number_text(sum, 6), difference: number_text(difference, 6) };
  const tiles = Object.entries(maps).map(([key, numbers]) =>
    map_tile(app, numbers, scale_of_map(key, numbers), say(`why.${key}`), say(`why.${key}.about`)),
  );
  return [
    element(
      "section",
      { class: "panel" },
      element("p", { class: "quiet" }, say("why.nothing", nothing_words(app))),
      element("div", { class: "tiles" }, ...tiles),
      element("p", { class: "quiet" }, say("why.legend")),
      element("p", { class: "quiet" }, say("why.completeness", words)),
    ),
    one_patch(app, maps, tiles),
    agreement(maps),
    part_when_there(app, () => deletion(app, target, maps)),
  ];
}

function scale_of_map(key, numbers) {
  const has_sign = ["gradient_input", "integrated", "occlusion"].includes(key);
  return (has_sign ? scale_of : marker_scale)(numbers);
}

// What x_0 looks like here, and the numbers of each of its pixels.
function nothing_words(app) {
  const { ink } = app.told;
  const dark = shows_ink(app) ? "why.paper" : "why.black";
  const pixel = [...baseline(app.image, ink).data.subarray(0, app.c.channels)];
  const numbers = pixel.map((x) => String(Number(x.toPrecision(3))).replace("-", "−"));
  return { what: say(ink.bright ? dark : "why.mean"), numbers: numbers.join(", ") };
}
