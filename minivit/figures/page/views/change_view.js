// Change it: paint, cover, silence, and see at once what becomes of the answer.

function change_view(app) {
  const desk = new Desk(app);
  return element(
    "div",
    { class: "view change" },
    element("h1", { tabindex: -1 }, say("view.change")),
    element("p", { class: "lead" }, say("lead.change")),
    desk.element,
  );
}

// What is changed, and what came of it; the changes are kept for each image.
class Desk {
  constructor(app) {
    this.app = app;
    app.changes ??= {};
    this.painter = new Painter(app, (made) => this.painted(made));
    [this.list, this.heads, this.answer] = ["ol", "div", "div"].map((tag) => element(tag, {}));
    this.pull = element("div", { class: "pull" });
    this.positions = element(
      "button",
      { type: "button", onclick: () => this.toggle({ kind: "positions" }) },
      say("change.positions"),
    );
    this.element = element(
      "div",
      { class: "asking change-desk" },
      element(
        "section",
        { class: "panel" },
        element("h2", {}, say("change.image")),
        this.painter.brush(),
        this.painter.canvas,
        element("p", { class: "quiet keys" }, say("change.keys")),
      ),
      element(
        "section",
        { class: "panel" },
        element("h2", {}, say("change.answer")),
        this.answer,
        element("h3", {}, say("change.pull")),
        this.pull,
      ),
      element(
        "section",
        { class: "panel" },
        element("h2", {}, say("change.done")),
        this.undo_buttons(),
        this.list,
      ),
      element(
        "section",
        { class: "panel controls" },
        element("h2", {}, say("change.model")),
        this.heads,
        app.c.positions === "none" ? null : this.positions,
        element("h3", {}, say("change.weight")),
        weight_editor(app, (change) => this.add(change)),
      ),
    );
    this.show();
  }

  get changes() {
    return (this.app.changes[this.app.state.image] ??= []);
  }

  add(change) {
    this.changes.push(change);
    this.show();
  }

  // What the brush did; what it did last, it does not do again.
  painted(made) {
    if (JSON.stringify(this.changes.slice(-made.length)) === JSON.stringify(made)) return;
    this.changes.push(...made);
    this.show();
  }

  // A head or the positions: changed, or as they were.
  toggle(change) {
    const at = this.changes.findIndex((one) => JSON.stringify(one) === JSON.stringify(change));
    if (at >= 0) this.changes.splice(at, 1);
    else this.changes.push(change);
    this.show();
  }

  has(change) {
    return this.changes.some((one) => JSON.stringify(one) === JSON.stringify(change));
  }

  undo_buttons() {
    const undo = () => {
      this.changes.pop();
      this.show();
    };
    const reset = () => {
      this.changes.length = 0;
      this.show();
    };
    const button = (key, onclick, kind = null) =>
      element("button", { type: "button", class: kind, onclick }, say(key));
    this.undoing = [button("change.undo", undo, "primary"), button("change.reset", reset)];
    return element("p", { class: "exports" }, ...this.undoing);
  }

  show() {
    const { app } = this;
    const of_image = this.changes.filter(({ kind }) => ["pixel", "patch"].includes(kind));
    this.painter.show(changed(app.model, app.image, of_image, app.told.ink).image);
    this.heads.replaceChildren(...range(app.c.depth).map((block) => this.head_buttons(block)));
    this.positions.setAttribute("aria-pressed", String(this.has({ kind: "positions" })));
    this.list.replaceChildren(
      ...this.changes.slice(-12).map((one) => element("li", { class: "quiet" }, this.told(one))),
    );
    if (!this.changes.length)
      this.list.append(element("li", { class: "quiet" }, say("change.none")));
    for (const one of this.undoing) one.disabled = !this.changes.length;
    const changes = [...this.changes];
    draw_when_there(app, this.answer, () => {
      const { image } = app.state;
      const before = app.runs.forward(image);
      return answers(app, before, changes.length ? app.runs.after(image, changes) : before);
    });
    this.show_pull(changes);
  }

  // A gradient takes twice as long as the answer: it waits until nothing is changed any more.
  show_pull(changes) {
    const { app, pull } = this;
    pull.setAttribute("aria-busy", "true");
    clearTimeout(this.pulling);
    this.pulling = setTimeout(() => {
      if (pull.isConnected) draw_when_there(app, pull, () => pulled(app, changes));
    }, QUIET);
  }

  head_buttons(block) {
    return element(
      "div",
      { class: "choice", role: "group", "aria-label": say("block", { i: block }) },
      element("span", { class: "quiet" }, say("change.silence", { i: block })),
      ...range(this.app.c.heads).map((head) => {
        const change = { kind: "head", block, head };
        return element(
          "button",
          {
            type: "button",
            "aria-pressed": String(this.has(change)),
            "data-key": `silence-${block}-${head}`,
            onclick: () => {
              this.toggle(change);
              this.heads.querySelector(`[data-key="silence-${block}-${head}"]`).focus();
            },
          },
          head,
        );
      }),
    );
  }

  told(change) {
    const words = { ...change };
    if ("level" in change) words.level = level_words(this.app, change.level);
    if (change.kind === "weight") {
      const x = this.app.model.parameters[change.name];
      Object.assign(words, {
        index: index_of(x.shape, change.index).join(", "),
        before: number_text(x.data[change.index]),
        value: number_text(change.value),
      });
    }
    return say(`change.told.${change.kind}`, words);
  }
}
