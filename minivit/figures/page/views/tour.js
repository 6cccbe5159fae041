// The guided tour: a panel above the views, which asks first and then tells what is so.

// The state at the beginning of a step.
const CLEAN = {
  ...{ name: null, slice: 0, cell: null, show: "gradient", loss: null },
  ...{ block: null, token: null, start: 0, switches: [] },
};

const AFTER_TOUR = ["change", "words", "mistakes", "overview"]; // where it sends whoever ends it

function tour_start(app) {
  if (app.state.tour || !app.runs.shows("tour")) return null;
  const href = app.tour.way(1);
  return element("p", {}, element("a", { class: "button", href }, say("tour.start")));
}

class Tour {
  constructor(app) {
    this.app = app;
    this.steps = steps_of_tour(app.c);
    this.element = element("div", { class: "tour" });
    this.chosen = new Map(); // of each image and step: what was answered
  }

  get look() {
    return this.app.runs.look(this.app.state.image);
  }

  // The address of a step.
  way(number) {
    const place = TOUR[this.steps[number - 1]].place(this.look);
    return this.app.link({ ...CLEAN, ...place, tour: number });
  }

  // What belongs to the step of the address; nothing without one.
  show() {
    const { app } = this;
    const { tour } = app.state;
    const is_on = tour && app.runs.shows("tour");
    this.element.hidden = !is_on;
    this.element.replaceChildren();
    if (!is_on) return;
    const number = (app.state.tour = Math.min(tour, this.steps.length));
    const step = this.steps[number - 1];
    const title = say(`tour.${step}`);
    const heading = { id: "tour-step", tabindex: -1 };
    const asking = element("div", {});
    this.element.append(
      element(
        "section",
        { class: "panel", "aria-labelledby": "tour-step" },
        element("h2", heading, say("tour.step", { number, count: this.steps.length, title })),
        asking,
      ),
    );
    draw_when_there(app, asking, () => this.asking(step, number));
  }

  // The question, what may be chosen, and the answer when it was.
  asking(step, number) {
    const { app } = this;
    const asked = app.runs.asks(app.state.image, step);
    const key = asked.key ?? step;
    const told = element("div", { class: "told", role: "status" });
    const buttons = asked.choices.map((choice, i) =>
      element(
        "button",
        {
          type: "button",
          "data-key": `choice-${i}`,
          onclick: () => {
            this.chosen.set(`${app.state.image} ${step}`, i);
            answer();
          },
        },
        choice_words(app, step, choice),
      ),
    );
    const answer = () => {
      const chosen = this.chosen.get(`${app.state.image} ${step}`);
      if (chosen === undefined) return;
      buttons.forEach((one, i) => one.setAttribute("aria-pressed", String(i === chosen)));
      told.replaceChildren(...told_of(app, key, asked, chosen));
    };
    answer();
    const choices = { class: "choice", role: "group", "aria-labelledby": "tour-step" };
    return [
      element("p", {}, ...say_with(`tour.${key}.ask`, facts_in_words(app, asked.facts))),
      element("div", choices, ...buttons),
      told,
      ...this.ways(number),
    ];
  }

  // Back, onward, and out of the tour; at its end, to what it has not shown.
  ways(number) {
    const { app, steps } = this;
    const link = (key, href) => element("a", { href, "data-key": key }, say(key));
    const is_last = number === steps.length;
    return [
      ...(is_last ? this.ways_on() : []),
      element(
        "p",
        { class: "tour-ways" },
        number > 1 ? link("tour.back", this.way(number - 1)) : null,
        is_last ? null : link("tour.next", this.way(number + 1)),
        link("tour.leave", app.link({ tour: null })),
      ),
    ];
  }

  ways_on() {
    const { app } = this;
    const next = { image: (app.state.image + 1) % app.runs.count, tour: 1 };
    const again = { ...CLEAN, ...TOUR.patches.place(), ...next };
    return [
      element("p", {}, say("tour.end")),
      element(
        "ul",
        { class: "ways" },
        ...AFTER_TOUR.map((view) => way(app, view, { ...CLEAN, view, tour: null })),
        app.runs.count > 1
          ? element(
              "li",
              {},
              element("a", { href: app.link(again), "data-key": "tour-again" }, say("tour.again")),
            )
          : null,
      ),
    ];
  }
}

// Whether the choice was right, what is so, and a link to where it is seen.
function told_of(app, key, { right, facts, at }, chosen) {
  const words = facts_in_words(app, facts);
  const sentences = [`tour.${key}.told`];
  if ("now" in facts) sentences.push(facts.said === facts.now ? "tour.still" : "tour.now");
  const { change } = facts;
  const place = { ...CLEAN, ...at };
  const see = element(
    "a",
    {
      href: app.link(place),
      "data-key": "tour-see",
      onclick: (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        if (change) (app.changes ??= {})[app.state.image] = [change];
        history.pushState(null, "", see.getAttribute("href"));
        app.read();
        (app.main.querySelector("canvas[tabindex]") ?? app.main.querySelector("h1")).focus();
      },
    },
    say(change ? "tour.do" : "tour.see"),
  );
  return [
    element("b", {}, say(chosen === right ? "tour.right" : "tour.wrong")),
    ...sentences.flatMap((one) => [" ", ...say_with(one, words)]),
    " ",
    see,
  ];
}

function choice_words(app, step, choice) {
  if (step === "patches") return String(choice);
  if (step === "attention") return patch_text(app, choice);
  return say(`tour.${step}.${choice}`);
}

function patch_text({ c }, n) {
  return say("axis.grid", { axis: say("axis.patch"), i: n, ...patch_words(c, n) });
}

// The facts of a step, each as it is read.
function facts_in_words(app, facts) {
  const as_class = (i) => element("b", {}, named(app.told.classes[i], 24));
  const as_patch = (n) => patch_text(app, n);
  const kinds = {
    ...{ said: as_class, now: as_class, label: as_class },
    ...{ before: percent, after: percent, of_said: percent, part: percent, alike: percent },
    ...{ patch: as_patch, most: as_patch, one: as_patch, other: as_patch },
    token: (i) => place_words(app.c, "token", i),
    bits: (x) => number_text(x, 3),
    kind: (key) => say(`why.${key}`),
    error: (x) => x.toExponential(1).replace("-", "−"),
    correlation: (r) => (r === null ? say("why.flat") : r.toFixed(2).replace("-", "−")),
  };
  const usual = (x) => (Number.isInteger(x) ? String(x) : number_text(x));
  const words = Object.entries(facts).filter(([key]) => key !== "change");
  return Object.fromEntries(words.map(([key, x]) => [key, (kinds[key] ?? usual)(x)]));
}
