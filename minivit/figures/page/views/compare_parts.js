// What Compare is made of: the answers, where the two sides part, and attention.

const BESIDE = 170; // pixels of an image

function answers_beside(app, { sides }) {
  const [p, q] = sides.map(({ trace }) => probabilities(trace.logits));
  const pictures = sides.map(({ name, image, trace }, k) => {
    const canvas = element("canvas", {
      class: "picture",
      role: "img",
      "aria-label": say("image.alt"),
    });
    const { context } = draw_image(canvas, image, app.told.ink, BESIDE);
    draw_grid(context, app.c, BESIDE);
    const [said, sure] = ranked(trace.logits)[0];
    const places = { said: element("b", {}, named(app.told.classes[said], 24)) };
    return element(
      "figure",
      { class: "tile" },
      element("figcaption", {}, side_words(k, name)),
      canvas,
      element("p", {}, ...say_with("says", { ...places, probability: percent(sure) })),
    );
  });
  return element(
    "section",
    { class: "panel" },
    element("h2", {}, say("compare.answers")),
    element(
      "div",
      { class: "pair" },
      element("div", { class: "tiles" }, ...pictures),
      scrolling(say("compare.answers"), classes_table(app, p, q, SIDES)),
    ),
  );
}

const SIDES = ["compare.this", "compare.other"];

function side_words(k, name) {
  return say_with("compare.side", { side: say(SIDES[k]), name: named(name, 40) });
}

// How far apart they are, place by place, and in words where they part.
function partings(app, { sides }) {
  const distances = distances_of(...sides.map(({ trace }) => trace));
  const [places, compared_places] = [Object.keys(app.trace.noted).length, distances.length];
  const link = (name) =>
    app.bound(
      element("a", { "data-key": `parting-${name}` }, name),
      { name, slice: 0, cell: null },
    );
  const left_out = say("compare.left_out", { count: places - compared_places, places });
  return element(
    "section",
    { class: "panel" },
    element("h2", {}, say("compare.parting")),
    element("p", { class: "says" }, parting_words(distances)),
    element("p", { class: "quiet" }, say("compare.parting.about")),
    distance_bars(distances, link),
    compared_places < places ? element("p", { class: "quiet" }, left_out) : null,
  );
}

function parting_words(distances) {
  const found = parting(distances);
  if (!found) return say("compare.same");
  const [first, little] = found.first;
  const [most, much] = found.most;
  const places = { first, little: far_text(little), most, much: far_text(much) };
  return say(first === most ? "compare.part.at_once" : "compare.part", places);
}

// What the heads of a block give to every patch for one token, all on one scale.
function attention_beside(app, { sides }) {
  const { state, c } = app;
  const [blocks, others] = sides.map(({ trace }) => blocks_of(trace));
  const common = blocks.filter((one) => others.includes(one));
  if (!common.length) return null;
  const block = common.includes(state.block) ? state.block : common.at(-1);
  const with_cls = sides.every((side) => side.c.has_cls);
  const first = Number(c.has_cls);
  const of_heads = sides.map(({ trace }) =>
    heads_of(trace.values[`blocks.${block}.attention.probs`]),
  );
  const maps = element("div", { class: "pair" });
  const told = element("p", { class: "where", role: "status" });
  const draw = (token) => {
    const of_side = sides.map((side, k) =>
      of_heads[k].map((A) => A[token < first ? 0 : token - first + Number(side.c.has_cls)]),
    );
    const to_patch = (row, k) => row.slice(Number(sides[k].c.has_cls));
    const scale = marker_scale(
      of_side.flatMap((rows_of, k) => rows_of.flatMap((row) => [...to_patch(row, k)])),
    );
    const columns = sides.map((side, k) =>
      element(
        "div",
        {},
        element("h3", {}, side_words(k, side.name)),
        element(
          "div",
          { class: "tiles" },
          ...of_side[k].map((row, h) => {
            const part = percent(row[0]);
            const to_cls = side.c.has_cls ? say("attention.to_cls", { part }) : null;
            const title = say("attention.head", { i: h });
            const seen = { c: side.c, image: side.image, told: app.told };
            return map_tile(seen, to_patch(row, k), scale, title, to_cls);
          }),
        ),
      ),
    );
    maps.replaceChildren(...columns, legend(scale));
    told.textContent = place_words(c, "token", token);
  };
  const picker = new Picker(app, {
    chosen: Math.min(Math.max(state.token ?? 0, with_cls ? 0 : first), c.tokens - 1),
    width: 190,
    label: say("attention.picker"),
    on_choose: (token) => {
      app.stay({ token });
      draw(token);
    },
  });
  draw(picker.chosen);
  return element(
    "section",
    { class: "panel" },
    element("h2", {}, say("compare.attention")),
    choice(
      say("attention.block"),
      common.map((i) => [String(i), { block: i }, i === block]),
      app,
    ),
    element(
      "div",
      { class: "asking" },
      element(
        "div",
        {},
        picker.canvas,
        with_cls ? picker.cls_button() : null,
        element("p", { class: "quiet keys" }, say("attention.pick_keys")),
        told,
      ),
      maps,
    ),
  );
}
