// What Backward has beside Forward: the choice of the loss, norms by depth, and "Check it".

function loss_choice(app) {
  if (app.told.recorded) return recorded_loss(app);
  const { kind, label, other } = app.loss;
  const classes = app.told.classes;
  const select = (value, change, what) =>
    element(
      "select",
      {
        "aria-label": what,
        "data-key": what,
        onchange: (event) => change(Number(event.target.value)),
      },
      ...classes.map((name, c) =>
        element("option", { value: c, selected: c === value }, name.slice(0, 40)),
      ),
    );
  const go = (loss) => app.go({ loss: { ...app.loss, ...loss } });
  const second = classes.length > 1 ? (label === 0 ? 1 : 0) : 0;
  return element(
    "div",
    { class: "choice loss", role: "group", "aria-label": say("loss") },
    element("span", { class: "quiet" }, say("loss")),
    ...["cross-entropy", "logit", "difference"].map((one) =>
      element(
        "button",
        {
          type: "button",
          "aria-pressed": String(one === kind),
          "data-key": `loss-${one}`,
          onclick: () => go({ kind: one, other: one === "difference" ? (other ?? second) : null }),
        },
        say(`loss.${one}`),
      ),
    ),
    select(label, (value) => go({ label: value }), say("class")),
    kind === "difference"
      ? select(other, (value) => go({ other: value }), say("other_class"))
      : null,
    element("span", { class: "number-small" }, number_text(loss_of(app.trace.logits, app.loss), 5)),
  );
}

// How long the gradient is behind every place: one bar each, on a logarithmic scale.
function norms_by_depth(app, chosen) {
  const places = Object.keys(app.trace.noted);
  const norms = places.map((place) => app.trace.gradient_norm(place));
  const logs = norms.filter((one) => one > 0).map(Math.log10);
  const [low, high] = [Math.min(...logs) - 0.3, Math.max(...logs)];
  const bars = places.map((place, i) => {
    const part = norms[i] > 0 ? (Math.log10(norms[i]) - low) / (high - low || 1) : 0;
    const bar = element("i", {});
    bar.style.width = `${Math.max(100 * part, 0.5)}%`;
    return element(
      "li",
      { class: place === chosen ? "now" : null },
      element("span", {}, place),
      element("span", { class: "bar" }, bar),
      element("b", {}, number_text(norms[i], 3)),
    );
  });
  return element(
    "details",
    { class: "panel norms" },
    element("summary", {}, say("norms")),
    element("p", { class: "quiet" }, say("norms.about")),
    element("p", {}, ends_of_norms(places, norms)),
    element("ol", { class: "bars" }, ...bars),
  );
}

// Where the gradient is longest and shortest, in words.
function ends_of_norms(places, norms) {
  const [most, least] = [norms, norms.map((one) => -one)].map(largest_at);
  return say("norms.told", {
    most: places[most],
    least: places[least],
    longest: number_text(norms[most], 3),
    shortest: number_text(norms[least], 3),
  });
}

// The central difference at the chosen number beside the gradient, in gradcheck's words.
function check_button(app, name, index) {
  if (app.told.recorded) return unchecked(app);
  const answer = element("p", { class: "checked", role: "status" });
  const flat = flat_index(array_of(app.trace, name, false).shape, index);
  return element(
    "div",
    { class: "check" },
    element(
      "button",
      {
        type: "button",
        class: "primary",
        onclick: () => {
          const {
            numeric,
            gradient,
            error,
            verdict: word,
          } = checked(app.trace, app.image, app.loss, name, flat);
          answer.className = `checked ${word}`;
          answer.replaceChildren(
            element("b", {}, say(`verdict.${word}`)),
            " ",
            say("checked", {
              numeric: number_text(numeric, 7),
              gradient: number_text(gradient, 7),
              error: error.toExponential(1),
            }),
          );
        },
      },
      say("check_it"),
    ),
    answer,
  );
}

// What is at hand as files, by buttons.
function exports(files) {
  return element(
    "p",
    { class: "exports" },
    ...files.map(([what, save]) =>
      element("button", { type: "button", onclick: save }, say("save", { what })),
    ),
  );
}

function save_png({ base }, name) {
  base.toBlob((blob) => download(`${name}.png`, blob));
}

function save_svg(drawn, name) {
  download(name, new Blob([svg_text(drawn)], { type: "image/svg+xml" }));
}

// Rows of the last axis; what stands in front of a row tells its other indices.
function save_csv(name, x) {
  const width = x.shape.at(-1) ?? 1;
  const lines = range(x.data.length / width).map((i) => {
    const index = index_of(x.shape.slice(0, -1), i);
    return [...index, ...x.data.subarray(i * width, (i + 1) * width)].join(",");
  });
  download(`${name}.csv`, new Blob([`${lines.join("\n")}\n`], { type: "text/csv" }));
}
