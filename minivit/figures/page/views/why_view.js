// Why this class: seven maps of the same question in one row, how far they agree, and what happens
// when the patches that they name are covered.

const NODES = 32; // of integrated gradients' line

function why_view(app) {
  const is_asked = app.state.loss || app.told.target !== null;
  const target = is_asked ? app.loss.label : largest_at(app.trace.logits.data);
  const results = element(
    "div",
    { class: "results", "aria-busy": "true" },
    element("p", {}, say("why.computing", { count: NODES + 8 * (app.c.patches + 1) })),
  );
  setTimeout(() => {
    if (!results.isConnected) return;
    results.replaceChildren(...present(reasons_shown(app, target)));
    results.setAttribute("aria-busy", "false");
  }, 30);
  const select = element(
    "select",
    {
      "aria-label": say("why.class"),
      "data-key": "why-class",
      onchange: (event) =>
        app.go({ loss: { kind: "logit", label: Number(event.target.value), other: null } }),
    },
    ...app.told.classes.map((name, c) =>
      element(
        "option",
        { value: c, selected: c === target },
        `${name.slice(0, 40)} (${percent(probabilities(app.trace.logits)[c])})`,
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

// Every way to ask, by its key: a number for each patch.
function reasons(app, target) {
  const { model, image, c, told } = app;
  const nothing = baseline(image, told.ink);
  const t = app.runs.backward(app.state.image, { kind: "logit", label: target, other: null });
  const gradient = t.gradients["patchify.images"];
  const integrated = integrated_gradients(model, image, target, nothing, NODES);
  const maps = {};
  if (c.depth) {
    const attention = attention_of(t);
    const gradients = attention.map((_, l) => heads_of(t.gradients[`blocks.${l}.attention.probs`]));
    maps.attention = to_patches(fused(attention.at(-1), mean_of), t);
    maps.rollout = to_patches(rollout(attention), t);
    maps.weighted = to_patches(gradient_weighted(attention, gradients), t);
  }
  maps.saliency = over_patches(c, mapped(gradient, Math.abs));
  maps.gradient_input = over_patches(
    c,
    mapped(gradient, (g, i) => g * (image.data[i] - nothing.data[i])),
  );
  maps.integrated = over_patches(c, integrated);
  maps.occlusion = occlusion(model, image, target, nothing);
  const sum = integrated.data.reduce((a, b) => a + b, 0);
  const difference = t.logits.data[target] - logit_of(model, nothing, target);
  return { maps, sum, difference, nothing };
}

function reasons_shown(app, target) {
  const { maps, sum, difference, nothing } = reasons(app, target);
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
    deletion(app, target, maps, nothing),
  ];
}

function key_has_sign(key) {
  return ["gradient_input", "integrated", "occlusion"].includes(key);
}
