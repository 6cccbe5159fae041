// Attention: a token, a block, and what every head gives to every patch.

function attention_view(app) {
  const title = element("h1", { tabindex: -1 }, say("view.attention"));
  const lead = element("p", { class: "lead" }, say("lead.attention"));
  if (!app.c.depth)
    return element("div", { class: "view" }, title, element("p", {}, say("no_blocks")));
  const { state, c } = app;
  const blocks = blocks_of(app.trace);
  const block = blocks.includes(state.block) ? state.block : blocks.at(-1);
  const look = {
    block,
    blocks,
    of_heads: heads_of(app.trace.values[`blocks.${block}.attention.probs`]),
    head: Math.min(state.slice, c.heads - 1),
    token: Math.min(state.token ?? 0, c.tokens - 1),
    by_keys: state.switches.includes("from-keys"),
    own: state.switches.includes("own-scales"),
  };
  const [heads, together] = [
    element("div", { class: "tiles" }),
    element("div", { class: "tiles" }),
  ];
  const told = element("p", { class: "where", role: "status" });
  const draw = () => tokens_maps(app, look, heads, together, told);
  const choose = (token) => {
    look.token = token;
    app.stay({ token });
    draw();
  };
  const picker = new Picker(app, {
    chosen: look.token,
    width: 190,
    label: say("attention.picker"),
    on_choose: (token) => {
      matrix.choose(token);
      choose(token);
    },
  });
  const matrix = matrix_of(app, look, (token, other) => {
    if (token !== look.token) {
      picker.chosen = token;
      picker.draw();
      choose(token);
    }
    const maps = [heads, together].flatMap((tiles) => [...tiles.querySelectorAll(".tile")]);
    for (const one of maps) one.point(other - Number(c.has_cls));
  });
  draw();
  return element(
    "div",
    { class: "view attention" },
    title,
    lead,
    attention_choices(app, look),
    element(
      "div",
      { class: "asking" },
      element(
        "section",
        { class: "panel" },
        element("h2", {}, say("attention.pick")),
        picker.canvas,
        c.has_cls ? picker.cls_button() : null,
        element("p", { class: "quiet keys" }, say("attention.pick_keys")),
        told,
      ),
      element(
        "section",
        { class: "panel linked" },
        element("h2", {}, say("attention.heads")),
        heads,
        element("h3", {}, say("attention.together")),
        together,
        element("p", { class: "quiet" }, say("attention.about")),
      ),
    ),
    element("div", { class: "asking wide" }, matrix.panel, rollout_panel(app)),
  );
}

function attention_choices(app, look) {
  const { state } = app;
  const toggled = (name, on) => ({
    switches: [...state.switches.filter((one) => one !== name), ...(on ? [name] : [])],
  });
  return element(
    "div",
    { class: "choices" },
    choice(
      say("attention.block"),
      look.blocks.map((i) => [String(i), { block: i }, i === look.block]),
      app,
    ),
    choice(
      say("attention.direction"),
      [
        [say("attention.queries"), toggled("from-keys", false), !look.by_keys],
        [say("attention.keys"), toggled("from-keys", true), look.by_keys],
      ],
      app,
    ),
    choice(
      say("attention.scale"),
      [
        [say("attention.shared"), toggled("own-scales", false), !look.own],
        [say("attention.own"), toggled("own-scales", true), look.own],
      ],
      app,
    ),
  );
}

// What a head gives to every token for this one, or what every token gives to it.
function looks_of(A, { token, by_keys }) {
  return by_keys ? Float64Array.from(A, (row) => row[token]) : A[token];
}

function tokens_maps(app, look, heads, together, told) {
  const { c } = app;
  const of_block = look.of_heads;
  const first = Number(c.has_cls);
  const rows_of = of_block.map((A) => looks_of(A, look));
  const joint = [
    ["mean", mean_of],
    ["max", (p) => Math.max(...p)],
    ["min", (p) => Math.min(...p)],
  ].map(([key, by]) => [key, looks_of(fused(of_block, by), look)]);
  const shared = marker_scale(rows_of.flatMap((row) => [...row.slice(first)]));
  const scale_for = (row) => (look.own ? marker_scale(row.slice(first)) : shared);
  const tile = (row, title, words = []) =>
    map_tile(
      app,
      row.slice(first),
      scale_for(row),
      title,
      words,
      c.has_cls
        ? say(look.by_keys ? "attention.from_cls" : "attention.to_cls", { part: percent(row[0]) })
        : null,
    );
  heads.replaceChildren(
    ...rows_of.map((row, h) => tile(row, head_link(app, look, h), measures(c, of_block[h], look))),
    look.own ? "" : legend(shared),
  );
  together.replaceChildren(...joint.map(([key, row]) => tile(row, say(`attention.${key}`))));
  told.textContent = place_words(c, "token", look.token);
}

function head_link(app, look, h) {
  return app.bound(
    element(
      "a",
      { "aria-current": h === look.head ? "true" : null, "data-key": `head-${h}` },
      say("attention.head", { i: h }),
    ),
    { slice: h },
  );
}
