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
          onclick: () => go(first_of_kind(app, one)),
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

// What is asked about first of a kind: cross-entropy is that with the image's own class.
function first_of_kind(app, kind) {
  if (kind === "difference") return first_difference(app);
  const { label } = kind === "logit" ? app.loss : app.runs.usual_loss(app.state.image);
  return { kind, label, other: null };
}

// What the gradient is of, in words.
function loss_words(app) {
  const { kind, label, other } = app.loss;
  const name_of = (c) => named(app.told.classes[c] ?? "", 40);
  return say_with(`loss.of.${kind}`, { name: name_of(label), other: name_of(other) });
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
    const verdict = element("b", {}, say(`verdict.${found.verdict}`));
    return [verdict, " ", checked_words(app, name, flat, found)];
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

// What was found; where both are 0, why they are, if a key's bias is asked about.
function checked_words({ c }, name, flat, { verdict, numeric, gradient, error, floor, rounding }) {
  const is_zero = ["exact", "zero"].includes(verdict);
  const digits = is_zero ? 3 : 7;
  const words = {
    numeric: number_text(numeric, digits),
    gradient: number_text(gradient, digits),
    error: number_text(error, 2),
    floor: number_text(floor, 2),
    rounding: number_text(rounding, 2),
  };
  const told = is_zero ? say(`checked.${verdict}`, words) : say("checked", words);
  const is_key = Math.floor(flat / (c.heads * c.head_width)) === 1; // of queries, keys and values
  const is_of_key = is_zero && name.endsWith("attention.b_qkv") && is_key;
  return is_of_key ? `${told} ${say("checked.key")}` : told;
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
