// What a recorded page says of itself: what is not there, how precise it is, how to get the rest.

// In place of a view that runs the model.
function without_weights(app) {
  const { view } = app.state;
  return element(
    "div",
    { class: "view" },
    element("h1", { tabindex: -1 }, say(`view.${view}`)),
    element("p", { class: "lead" }, say(`lead.${view}`)),
    element("div", { class: "panel warning" }, weights_needed(app)),
  );
}

// What asks the model anew needs its weights; this command writes a page that has them.
function weights_needed({ told }) {
  const command = `minivit explain RUN --weights full --max-mb ${told.recorded.full}`;
  const parts = say_with("recorded.needs_weights", { command: element("code", {}, command) });
  return element("p", {}, ...parts);
}

// In place of the button that checks a gradient.
function unchecked(app) {
  return element("div", { class: "check" }, element("b", {}, say("check_it")), weights_needed(app));
}

// In place of the choice of the loss.
function recorded_loss(app) {
  const label = named(app.told.classes[app.loss.label], 40);
  return element("p", {}, ...say_with("recorded.loss", { label }));
}

// In place of the badge: how far the recorded arrays are from minivit's, and what was recorded.
function recording_told(app) {
  const { recorded } = app.told;
  const { off } = app.told.images[app.state.image];
  const all = Object.entries(off).flatMap(([kind, by_name]) =>
    Object.entries(by_name).map(([name, most]) => [`${kind} ${name}`, most]),
  );
  const of_probs = all.filter(([name]) => /^values .*attention\.probs$/.test(name));
  const worst = Math.max(0, ...of_probs.map(([, most]) => most));
  return element(
    "p",
    { class: "panel badge", "data-worst": worst },
    element("b", {}, say("recorded")),
    " ",
    say("recorded.told", {
      blocks: recorded.blocks.join(", "),
      depth: app.c.depth,
      count: all.length,
      worst: number_text(worst, 2),
    }),
  );
}

// Beside a number of an array that was recorded, or follows: how far it may be from minivit's.
function precision(app, name, gradient) {
  const off = app.trace.off(name, gradient);
  if (off === null) return null;
  const told = say("recorded.off", { off: number_text(off, 2) });
  return element("p", { class: "quiet precision" }, told);
}
