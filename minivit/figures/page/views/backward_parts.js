// What Backward has beside Forward: the choice of the loss, and "Check it".

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
  const kinds = ["cross-entropy", "logit", ...(classes.length > 1 ? ["difference"] : [])];
  return element(
    "div",
    { class: "choice loss", role: "group", "aria-label": say("loss") },
    element("span", { class: "quiet" }, say("loss")),
    ...kinds.map((one) =>
      element(
        "button",
        {
          type: "button",
          "aria-pressed": String(one === kind),
          "data-key": `loss-${one}`,
          onclick: () =>
            go(one === "difference" ? first_difference(app) : { kind: one, other: null }),
        },
        say(`loss.${one}`),
      ),
    ),
    select(
      label,
      (value) => go({ label: value, other: value === other ? label : other }),
      say("class"),
    ),
    kind === "difference"
      ? select(
          other,
          (value) => go({ other: value, label: value === label ? other : label }),
          say("other_class"),
        )
      : null,
    element("span", { class: "number-small" }, number_text(loss_of(app.trace.logits, app.loss), 5)),
  );
}

// The difference that is looked at first: of a logit that was chosen, else of the class that is
// said, less the class that is said, the label, or the next: the first of these that is another.
function first_difference(app) {
  if (app.loss.kind === "difference") return app.loss;
  const [said, next] = ranked(app.trace.logits).map(([c]) => c);
  const label = app.loss.kind === "cross-entropy" ? said : app.loss.label;
  const rivals = [said, app.images.told(app.state.image).label ?? said, next];
  return { kind: "difference", label, other: rivals.find((one) => one !== label) };
}

// A class that was chosen holds in two views: the way back to what is asked about at first.
function first_loss_again(app) {
  const { kind, label } = app.runs.first_loss(app.state.image);
  if (kind === app.loss.kind && label === app.loss.label) return null;
  const name_of = (c) => app.told.classes[c].slice(0, 40);
  const words = { kind: say(`loss.${kind}`), name: name_of(label) };
  return element(
    "p",
    { class: "quiet" },
    say("loss.chosen", { name: name_of(app.loss.label) }),
    " ",
    element("a", { href: app.link({ loss: null }) }, say("loss.first", words)),
  );
}

// The central difference at the chosen number beside the gradient, in gradcheck's words.
function check_button(app, name, index) {
  if (app.told.recorded) return unchecked(app);
  const answer = element("p", { class: "checked", role: "status" });
  const flat = flat_index(array_of(app.trace, name, false).shape, index);
  const check = () => {
    const found = app.runs.checked(app.state.image, app.loss, name, flat);
    answer.className = `checked ${found.verdict}`;
    return [
      element("b", {}, say(`verdict.${found.verdict}`)),
      " ",
      say("checked", {
        numeric: number_text(found.numeric, 7),
        gradient: number_text(found.gradient, 7),
        error: found.error.toExponential(1),
      }),
    ];
  };
  return element(
    "div",
    { class: "check" },
    element(
      "button",
      {
        type: "button",
        class: "primary",
        onclick: () => draw_when_there(app, answer, check),
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
