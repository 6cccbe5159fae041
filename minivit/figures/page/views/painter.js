// The image to paint on, by the pointer or by the keyboard.

const PAINTED = 280; // pixels of the picture's width
const WHOLE_PATCH = "whole-patch";
const COVER = "cover"; // paint what Why covers patches with
const CURSOR = "#d9480f";

class Painter {
  // on_paint(changes): what the brush did, as model/changes.js has it.
  constructor(app, on_paint) {
    const { state, image } = app;
    const cursor = inside(state.cell ?? [0, 0], app.c.image);
    const level = state.switches.includes(COVER) ? level_of_nothing(app) : 1;
    Object.assign(this, { app, on_paint, image, cursor, level });
    this.canvas = element("canvas", {
      class: "picture painter",
      tabindex: 0,
      role: "application",
      "aria-label": say("change.painter"),
      "data-key": "painter",
      onpointerdown: (event) => this.pointed(event),
      onpointermove: (event) => {
        if (event.buttons) this.pointed(event);
      },
      onkeydown: (event) => this.pressed(event),
    });
  }

  // Whether all of a patch is painted; the address says so.
  get whole_patch() {
    return this.app.state.switches.includes(WHOLE_PATCH);
  }

  brush() {
    const level = element("input", {
      type: "range",
      min: 0,
      max: 1,
      step: 0.05,
      value: mean_of([this.level].flat()),
      "aria-label": say("change.level"),
      "aria-valuetext": level_words(this.app, this.level),
      oninput: () => {
        this.level = Number(level.value);
        this.app.stay({ switches: switched(this.app.state, COVER, false) });
        level.setAttribute("aria-valuetext", level_words(this.app, this.level));
      },
    });
    const whole = element("input", {
      type: "checkbox",
      checked: this.whole_patch,
      onchange: () => {
        this.app.stay({ switches: switched(this.app.state, WHOLE_PATCH, whole.checked) });
        this.draw();
      },
    });
    const [none, full] = ends_of_levels(this.app);
    return element(
      "div",
      { class: "choice" },
      element("span", { class: "quiet" }, none),
      level,
      element("span", { class: "quiet" }, full),
      element("label", { class: "check-label" }, whole, say("change.patch")),
    );
  }

  pointed(event) {
    const box = this.canvas.getBoundingClientRect();
    const [count, columns] = this.app.c.image;
    const row = Math.floor(((event.clientY - box.top) / box.height) * count);
    const column = Math.floor(((event.clientX - box.left) / box.width) * columns);
    this.move([row, column]);
    this.paint();
  }

  pressed(event) {
    const [row, column] = this.cursor;
    const to = {
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
    }[event.key];
    if (!to && ![" ", "Enter"].includes(event.key)) return;
    event.preventDefault();
    if (!to) this.paint();
    else this.move(to);
    this.draw();
    announce(say("change.at", { row: this.cursor[0], column: this.cursor[1] }));
  }

  move(to) {
    const before = String(this.cursor);
    this.cursor = inside(to, this.app.c.image);
    if (String(this.cursor) !== before) this.app.stay({ cell: this.cursor });
  }

  // The patches that hold the pixel under the cursor.
  patches() {
    return [...new Set(places_of_pixel(this.app.c, [...this.cursor, 0]).map(([n]) => n))];
  }

  // The pixel under the cursor, or all of its patches.
  paint() {
    const [row, column] = this.cursor;
    const { level } = this;
    const whole = () => this.patches().map((n) => ({ kind: "patch", n, level }));
    this.on_paint(this.whole_patch ? whole() : [{ kind: "pixel", row, column, level }]);
  }

  show(image) {
    this.image = image;
    this.draw();
  }

  draw() {
    const { app } = this;
    const { context } = draw_image(this.canvas, this.image, app.told.ink, PAINTED);
    draw_grid(context, app.c, PAINTED);
    if (this.whole_patch) {
      for (const n of this.patches()) outline(context, app.c, n, PAINTED, CURSOR);
      return;
    }
    const unit = PAINTED / app.c.image[1];
    context.strokeStyle = CURSOR;
    context.lineWidth = 2;
    context.strokeRect(this.cursor[1] * unit + 1, this.cursor[0] * unit + 1, unit - 2, unit - 2);
  }
}

// Whether bright strokes are shown as ink on paper: colour_of leaves red, green and blue alone.
function shows_ink({ told, c }) {
  return told.ink.bright && c.channels !== 3;
}

// What the least and the largest level look like.
function ends_of_levels(app) {
  const ends = shows_ink(app) ? ["paper", "ink"] : ["black", "white"];
  return ends.map((end) => say(`change.${end}`));
}

// The level of x_0, of each channel where it is the image's mean.
function level_of_nothing({ image, told: { ink }, c }) {
  if (ink.bright) return 0;
  const { data } = baseline(image, ink);
  return range(c.channels).map((k) => (data[k] - ink.low[k]) / (ink.high[k] - ink.low[k] || 1));
}

// A level from 0 to 1 in words: "paper", "35 % ink", "ink".
function level_words(app, level) {
  if (Array.isArray(level)) return say("why.mean");
  const [none, full] = ends_of_levels(app);
  if (level === 0 || level === 1) return level ? full : none;
  return `${Math.round(100 * level)}\u00a0% ${full}`;
}

// The nearest place within so many rows and columns.
function inside(cell, sides) {
  return cell.map((i, axis) => Math.min(Math.max(i, 0), sides[axis] - 1));
}
