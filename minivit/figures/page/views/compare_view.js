// Compare: two images, or two models that see the same image, side by side on shared scales.

function compare_view(app) {
  const title = element("h1", { tabindex: -1 }, say("view.compare"));
  const lead = element("p", { class: "lead" }, say("lead.compare"));
  const pair = pair_of(app);
  if (!pair)
    return element("div", { class: "view" }, title, lead, element("p", {}, say("compare.alone")));
  return element(
    "div",
    { class: "view compare" },
    title,
    lead,
    partners(app, pair),
    pair.run === null ? null : answers_of_run(app, pair),
    answers_beside(app, pair),
    partings(app, pair),
    array_beside(app, pair),
    attention_beside(app, pair),
  );
}

// What stands beside what is looked at: {run, i, sides}, or null where there is nothing. `run` is
// the number of another run, or null; `i` is the image of the other side.
// Of each side: {name, image, trace, c}.
function pair_of(app) {
  const { state, told, runs, images } = app;
  const { run, i } = partner_of(state, { count: runs.count, shown: images.shown }, told.others);
  if (run === null && i === null) return null;
  const side = (name, at, trace) => {
    return { name, image: images.at(at), trace, c: trace.model.config };
  };
  const name = run === null ? images.name(state.image) : told.name;
  const own = side(name, state.image, app.trace);
  const other =
    run === null
      ? side(images.name(i), i, runs.forward(i))
      : side(told.others[run].name, i, runs.of_run(run, i));
  return { run, i, sides: [own, other] };
}

// What the address says, if it is there; or the next image of the strip; or another run.
function partner_of({ image, beside }, { count, shown }, others) {
  const [kind, number] = beside ?? [];
  if (kind === "run" && number < others.length) return { run: number, i: image };
  if (kind === "i" && number < count && number !== image) return { run: null, i: number };
  const next = image < shown ? (image + 1) % shown : 0;
  if (next !== image) return { run: null, i: next };
  if (count > 1) return { run: null, i: (image + 1) % count };
  return others.length ? { run: 0, i: image } : { run: null, i: null };
}

// Which image or run stands beside; the strip above says what is looked at.
function partners(app, { run, i }) {
  const { state, images, told } = app;
  const is_image = run === null;
  const near = range(images.shown).filter((one) => one !== state.image);
  const in_row = is_image && !near.includes(i) ? [...near, i] : near;
  const thumbs = in_row.map((one) => {
    const link = image_link(app, one, 34, [], { beside: ["i", one] });
    link.setAttribute("data-key", `beside-i${one}`);
    if (is_image && one === i) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
    return link;
  });
  const of_images = element(
    "div",
    { class: "choice", role: "group", "aria-label": say("compare.images") },
    element("span", { class: "quiet" }, say("compare.images")),
    ...thumbs,
    app.runs.count > images.shown ? image_field(app, is_image ? i : null) : null,
    is_image
      ? app.bound(
          element("a", { "data-key": "exchange" }, say("compare.exchange")),
          { image: i, beside: ["i", state.image] },
        )
      : null,
  );
  const names = told.others.map(({ name }, k) => [name, { beside: ["run", k] }, run === k]);
  return element(
    "div",
    { class: "choices" },
    of_images,
    names.length ? choice(say("compare.runs"), names, app) : null,
  );
}

// Any test image of the page, by its number.
function image_field(app, i) {
  const { images, state } = app;
  const number = images.number(i);
  const told = element("span", { class: "quiet", role: "status" });
  const field = element("input", {
    type: "text",
    inputmode: "numeric",
    class: "rate",
    value: number,
    "data-key": "beside-number",
    onchange: () => {
      const typed = field.value.trim();
      const found = /^\d+$/.test(typed) ? images.of_number(Number(typed)) : -1;
      if (found >= 0 && found !== state.image) app.go({ beside: ["i", found] });
      else {
        told.textContent = say(found < 0 ? "compare.no_number" : "compare.same_number", { typed });
        field.value = number;
      }
    },
  });
  return element("label", { class: "check-label" }, say("compare.number"), field, told);
}

// Whether the other run's logits are those that minivit computed.
function answers_of_run(app, { run, i, sides }) {
  const told = app.told.others[run].logits[i];
  const name = named(sides[1].name, 40);
  if (!told)
    return element("p", { class: "panel" }, ...say_with("compare.untold", { name }));
  const here = sides[1].trace.logits.data;
  const length = Math.sqrt(dot(told, told)) || 1;
  const worst = Math.max(...told.map((logit, c) => Math.abs(here[c] - logit))) / length;
  const agrees = worst < AGREES;
  return element(
    "p",
    { class: `panel badge ${agrees ? "agrees" : "differs"}`, "data-worst": worst },
    element("b", {}, say(agrees ? "agrees" : "differs")),
    " ",
    ...say_with("compare.badge", { name, worst: worst.toExponential(0).replace("-", "−") }),
  );
}
