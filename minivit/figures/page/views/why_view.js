// Why this class: seven maps of the same question in one row, how far they agree, and what happens
// when the patches that they name are covered.

function why_view(app) {
  const targets = app.runs.targets(app.state.image);
  const is_asked = app.state.loss || app.told.target !== null;
  const asked = is_asked ? app.loss.label : null;
  const target = targets.includes(asked) ? asked : largest_at(app.trace.logits.data);
  const results = element("div", { class: "results", "aria-busy": "false" });
  const fill = () => {
    results.replaceChildren(...present(reasons_shown(app, target)));
    results.setAttribute("aria-busy", "false");
  };
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
  const p = probabilities(app.trace.logits);
  const select = element(
    "select",
    {
      "aria-label": say("why.class"),
      "data-key": "why-class",
      onchange: (event) =>
        app.go({ loss: { kind: "logit", label: Number(event.target.value), other: null } }),
    },
    ...targets.map((c) =>
      element(
        "option",
        { value: c, selected: c === target },
        `${app.told.classes[c].slice(0, 40)} (${percent(p[c])})`,
      ),
    ),
  );
  return element(
    "div",
    { class: "view why" },
    element("h1", { tabindex: -1 }, say("view.why")),
    element("p", { class: "lead" }, say("lead.why")),
    element(
      "div",
      { class: "choice" },
      element("span", { class: "quiet" }, say("why.class")),
      select,
    ),
    results,
  );
}

// The page stands still while the model runs: what that takes is told before.
function asked_before(app, seconds, work_on) {
  const minutes = Math.ceil(seconds / 60);
  return [
    element("p", {}, say("why.long", { count: app.runs.passes, minutes })),
    element("button", { type: "button", class: "primary", onclick: work_on }, say("why.go")),
  ];
}

function reasons_shown(app, target) {
  const { maps, sum, difference } = app.runs.reasons(app.state.image, target);
  const words = { sum: number_text(sum, 6), difference: number_text(difference, 6) };
  return [
    element(
      "section",
      { class: "panel" },
      element(
        "div",
        { class: "tiles" },
        ...Object.entries(maps).map(([key, numbers]) =>
          map_tile(
            app,
            numbers,
            (key_has_sign(key) ? scale_of : marker_scale)(numbers),
            say(`why.${key}`),
            say(`why.${key}.about`),
          ),
        ),
      ),
      element("p", { class: "quiet" }, say("why.legend")),
      element(
        "p",
        { class: "quiet" },
        say("why.nothing", { what: say(app.told.ink.bright ? "why.black" : "why.mean") }),
        " ",
        say("why.completeness", words),
      ),
    ),
    agreement(maps),
    deletion(app, target, maps),
  ];
}

function key_has_sign(key) {
  return ["gradient_input", "integrated", "occlusion"].includes(key);
}
