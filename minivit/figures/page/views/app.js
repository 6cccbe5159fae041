// The page as a whole: the address says what is looked at, and everything is drawn from it.

const DRAWN = {
  overview,
  forward: arrays_view,
  backward: arrays_view,
  attention: attention_view,
  why: why_view,
  change: change_view,
  lens: lens_view,
  training: training_view,
  mistakes: mistakes_view,
  compare: compare_view,
  model: model_view,
  words: words_view,
};

class App {
  constructor() {
    const { told, model, images, recording } = loaded();
    this.questions = new Questions();
    this.runs = recording
      ? new RecordedRuns({ told, model, images, recording })
      : new WorkerRuns({ told, model, images, questions: this.questions });
    const { snapshots } = this.runs;
    Object.assign(this, { told, model, images, c: model.config, snapshots });
    this.pictures = new Map();
    this.tour = new Tour(this);
    this.frame();
    window.addEventListener("hashchange", () => this.read());
    this.read();
  }

  // What stands around every view.
  frame() {
    this.main = element("main", { id: "main" });
    this.nav = element("nav", { "aria-label": say("views") });
    this.strip = element("div", {
      class: "strip-of-images",
      role: "group",
      "aria-label": say("images"),
    });
    const skip = element(
      "a",
      {
        class: "skip",
        href: "#main",
        onclick: (event) => {
          event.preventDefault();
          this.main.querySelector("h1").focus();
        },
      },
      say("skip"),
    );
    document
      .getElementById("page")
      .append(
        skip,
        element(
          "header",
          {},
          element(
            "p",
            { class: "brand" },
            element("b", {}, "minivit"),
            " explain ",
            named(this.told.name, 40),
          ),
          this.nav,
          this.strip,
          theme_button(),
        ),
        this.tour.element,
        this.main,
        element("p", { id: "live", class: "unseen", "aria-live": "polite" }),
      );
  }

  // Draw what the address asks for.
  read() {
    document.documentElement.removeAttribute("data-ready");
    const before = this.state;
    this.address = location.hash;
    this.state = state_of(this.address);
    const { state } = this;
    state.image = Math.min(state.image, this.runs.count - 1);
    this.image = this.images.at(state.image);
    const is_step = before && before.tour !== state.tour;
    const { top_of_array: top = null } = this;
    this.top_of_array = null;
    const is_new = is_step || (before && before.view !== state.view && top === null);
    const focused = document.activeElement?.getAttribute("data-key");
    this.key_of_focus = is_new ? null : focused;
    this.links = new Map();
    navigate(this);
    const { shown } = this.images;
    const in_strip = [...range(shown), ...(state.image < shown ? [] : [state.image])];
    const in_head = (i) => image_link(this, i, 34, [], way_to_image(i, state));
    this.strip.replaceChildren(...in_strip.map(in_head));
    this.tour.show();
    const focus = () => {
      const step_told = is_step ? this.tour.element.querySelector("h2") : null;
      if (is_new) (step_told ?? this.main.querySelector("h1")).focus();
      else this.refocus(top);
    };
    let is_first = true;
    draw_when_there(this, this.main, () => this.view(), {
      around: (words) => view_that_waits(this, words),
      then: (is_there) => {
        if (is_there) this.is_drawn();
        if (is_first || document.activeElement === document.body) focus();
        is_first = false;
      },
    });
  }

  // data-ready tells others which address is shown: when all that drawing has put off is done, too.
  is_drawn() {
    const { state } = this;
    document.documentElement.setAttribute("data-view", state.view);
    setTimeout(() => state === this.state && this.is_ready()); // else another was read since
  }

  is_ready() {
    document.documentElement.setAttribute("data-ready", this.address);
  }

  // The view of the address. What it needs may have to be worked out first: then it is asked for
  // again.
  view() {
    const { state, runs } = this;
    this.loss = this.known(state.loss) ?? runs.first_loss(state.image);
    this.trace = runs.forward(state.image);
    if (state.view === "backward") runs.backward(state.image, this.loss);
    this.pictures.clear();
    STYLES.clear();
    this.map = null;
    const drawn = runs.shows(state.view) ? DRAWN[state.view] : without_weights;
    return drawn(this);
  }

  // A loss from an address, if the model has its classes; a difference is that of two.
  known(loss) {
    if (!this.runs.derives(loss)) return null;
    const { kind, label, other } = loss;
    const asked = kind === "difference" ? [label, other] : [label];
    const has = (one) => Number.isInteger(one) && one >= 0 && one < this.c.classes;
    return asked.every(has) && label !== other ? loss : null;
  }

  // Back to what had the focus before everything was drawn anew; an array goes back to where it
  // stood in the window, `top`, when all has been laid out.
  refocus(top = null) {
    const key = this.key_of_focus;
    const found =
      key &&
      [...document.querySelectorAll("[data-key]")].find(
        (one) => one.getAttribute("data-key") === key,
      );
    if (found && document.activeElement !== found) found.focus({ preventScroll: true });
    if (found && top !== null)
      requestAnimationFrame(() =>
        requestAnimationFrame(() => window.scrollBy(0, this.top_of_map() - top)),
      );
  }

  top_of_map() {
    return this.map.element.getBoundingClientRect().top;
  }

  // The same array, forward or backward.
  turn() {
    this.top_of_array = this.top_of_map();
    this.go({ view: this.state.view === "backward" ? "forward" : "backward" });
  }

  link(changes) {
    return hash_of({ ...this.state, ...changes });
  }

  go(changes) {
    location.hash = this.link(changes);
  }

  // The address follows the cursor; nothing is drawn anew, but links keep what has changed.
  stay(changes) {
    Object.assign(this.state, changes);
    if (location.hash !== this.address) return; // another was asked for, and is read next
    history.replaceState(null, "", hash_of(this.state));
    this.address = location.hash;
    if (document.documentElement.hasAttribute("data-ready")) this.is_ready();
    for (const [link, own] of this.links) link.setAttribute("href", this.link(own));
  }

  // A link that changes these parts of the state, whatever the others have become.
  bound(link, changes) {
    link.setAttribute("href", this.link(changes));
    this.links.set(link, changes);
    return link;
  }

  // An array as a picture of one pixel a number, kept.
  small(name, gradient, slice) {
    const key = `${gradient} ${name} ${slice}`;
    if (!this.pictures.has(key)) {
      const view = sliced(name, array_of(this.trace, name, gradient), slice);
      this.pictures.set(key, painted(view.data, view.columns, scale_of(view.data)));
    }
    return this.pictures.get(key);
  }

  // The place that shows an array: its own, or the first that uses a table that places share.
  place_shown(name) {
    const place = place_of(name);
    if (place in this.trace.noted) return place;
    return Object.keys(this.trace.noted).find((one) => this.trace.noted[one].home === place);
  }

  // The letters that a heat map knows; whether this was one.
  key(key, { name, panel, map }) {
    if (key === "g") this.turn();
    else if (key === "c" && this.state.view === "backward")
      panel.querySelector(".check button")?.click();
    else if (key === "c") this.turn();
    else if (key === "/") ask_index(this, map, name);
    else if (key === "?") announce(document.getElementById("heat-keys").textContent);
    else return false;
    return true;
  }
}
