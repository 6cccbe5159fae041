// Training: how the run has learned, and the model at a moment of it beside that of the page.

function training_view(app) {
  const { learning } = app.told;
  const view = element(
    "div",
    { class: "view training" },
    element("h1", { tabindex: -1 }, say("view.training")),
    learning ? element("p", { class: "lead" }, say(`lead.${as_shown(app, "training")}`)) : null,
  );
  if (!learning) view.append(element("p", { class: "panel" }, say("training.none")));
  else view.append(...present(new Course(app).elements));
  return view;
}

// The curve, the slider, and what is shown of the moment that it stands at.
class Course {
  constructor(app) {
    Object.assign(this, { app, snapshots: app.snapshots, curves: curves(app) });
    const { count } = this.snapshots;
    this.at = Math.min(app.state.snapshot ?? 0, count - 1);
    this.since = app.state.switches.includes("since-start");
    this.epoch_told = element("p", { class: "quiet" });
    this.waits = element("div", {});
    const panel = element(
      "section",
      { class: "panel" },
      element("h2", {}, say("training.curve")),
      element("div", { class: "pair" }, ...this.curves.plots),
      count ? this.slider() : null,
      count ? this.since_choice() : null,
      this.epoch_told,
      quiet_line(labels_of_training(app)),
      this.waits,
      this.precision(),
      this.exports(),
    );
    this.parts = count ? this.panels() : [];
    this.elements = [panel, ...this.parts.map(({ element }) => element)];
    this.show();
  }

  slider() {
    const { app } = this;
    this.moment = element("output", { class: "moment-told", for: "snapshot" });
    this.range = element("input", {
      type: "range",
      id: "snapshot",
      min: 0,
      max: this.snapshots.count - 1,
      step: 1,
      value: this.at,
      "data-key": "snapshot",
      oninput: () => {
        this.at = Number(this.range.value);
        app.stay({ snapshot: this.at });
        this.show();
        announce(this.parts[0].sides[0].firstChild?.textContent ?? say("working"));
      },
    });
    return element(
      "p",
      { class: "choice slider" },
      element("label", { for: "snapshot" }, say("training.snapshot")),
      this.range,
      this.moment,
    );
  }

  // Filters and positions as they are, or what they have learned since the first snapshot.
  since_choice() {
    const others = this.app.state.switches.filter((one) => one !== "since-start");
    const options = [
      [say("training.whole"), { switches: others }, !this.since],
      [say("training.since"), { switches: [...others, "since-start"] }, this.since],
    ];
    return choice(say("training.shown"), options, this.app);
  }

  // What the snapshots are, or how to get some.
  precision() {
    const { count, of, kind, moved } = this.snapshots;
    if (!of) return element("p", { class: "says" }, say("training.without"));
    if (!count) return element("p", { class: "says" }, say("training.no_room", { of }));
    const places = { count, of, kind: say(`training.${kind}`), moved: number_text(moved, 2) };
    const key = count < of ? "training.some" : "training.all";
    return element("p", { class: "quiet" }, say(key, places));
  }

  exports() {
    const { epoch, loss, accuracy } = this.app.told.learning.curve;
    const numbers = Float64Array.from(epoch.flatMap((at, i) => [at, loss[i], accuracy[i]]));
    const [of_loss, of_accuracy] = this.curves.plots;
    return exports([
      ["loss.svg", () => save_svg(of_loss, "loss.svg")],
      ["accuracy.svg", () => save_svg(of_accuracy, "accuracy.svg")],
      ["CSV", () => save_csv("curve", tensor([epoch.length, 3], numbers))],
    ]);
  }

  // A panel for each thing that forms: its key, and what `formed` makes of it.
  panels() {
    const { app } = this;
    const { depth } = app.c;
    const block = Math.min(app.state.block ?? depth - 1, depth - 1);
    const blocks = range(depth).map((i) => [String(i), { block: i }, i === block]);
    return present([
      this.panel("answer", (_, traces) => answers_formed(app, traces)),
      this.panel("filters", (models) => filters_formed(app, models)),
      this.panel("positions", (models) => positions_formed(app, models)),
      depth
        ? this.panel(
            "attention",
            (_, traces) => attention_formed(app, traces, block),
            choice(say("attention.block"), blocks, app),
          )
        : null,
    ]);
  }

  panel(key, formed, extra = null) {
    const sides = ["then", "now"].map(() => element("div", {}));
    const titles = ["then", "now"].map((when) => element("h3", {}, say(`training.${when}`)));
    const pair = element(
      "div",
      { class: "pair" },
      ...sides.map((side, i) => element("div", {}, titles[i], side)),
    );
    const below = element("div", {});
    const panel = element(
      "section",
      { class: "panel" },
      element("h2", {}, say(`training.${key}`)),
      extra,
      pair,
      below,
      element("p", { class: "quiet" }, say(`training.${key}.about`)),
    );
    return { element: panel, sides: [...sides, below], formed, pair };
  }

  show() {
    const { app, at, snapshots } = this;
    const { curve } = app.told.learning;
    const epoch = snapshots.count ? snapshots.epochs[at] : curve.epoch.at(-1);
    if (snapshots.count) this.curves.show(epoch);
    this.epoch_told.textContent = this.told_of(epoch);
    if (!snapshots.count) return;
    const words = say("training.moment", { epoch, of: curve.epoch.at(-1), n: at + 1 });
    this.moment.textContent = words;
    this.range.setAttribute("aria-valuetext", words);
    draw_when_there(app, this.waits, () => this.fill(), {
      around: (words) => {
        for (const { sides } of this.parts) for (const side of sides) side.replaceChildren();
        return words;
      },
    });
  }

  // Each panel, then and now.
  fill() {
    const { app, at, snapshots } = this;
    const models = [snapshots.at(at), app.model];
    const traces = [app.runs.of_snapshot(at, app.state.image), app.trace];
    const first = this.since && snapshots.at(0);
    const learned = first ? models.map((model) => learned_since(first, model)) : models;
    for (const { sides, formed, pair } of this.parts) {
      const both = formed(learned, traces);
      if (both) both.forEach((made, i) => sides[i].replaceChildren(...[made].flat()));
      else pair.replaceChildren(element("p", {}, say("training.no_positions")));
    }
  }

  // The last epoch that was over by then.
  told_of(epoch) {
    const { curve, measured_on } = this.app.told.learning;
    const i = curve.epoch.findLastIndex((one) => one <= epoch);
    if (i < 0) return say("training.before");
    return say("training.told", {
      epoch: curve.epoch[i],
      loss: number_text(curve.loss[i], 4),
      what: say(`training.accuracy.${measured_on}`),
      accuracy: percent(curve.accuracy[i]),
    });
  }
}
