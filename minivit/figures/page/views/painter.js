// The image to paint on, by the pointer or by the keyboard.

const PAINTED = 280; // pixels of the picture's width

class Painter {
  // on_paint(changes): what the brush did, as model/changes.js has it.
  constructor(app, on_paint) {
    Object.assign(this, { app, on_paint, level: 1, whole_patch: false, cursor: [0, 0] });
    this.image = app.image;
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

  brush() {
    const level = element("input", {
      type: "range",
      min: 0,
      max: 1,
      step: 0.05,
      value: this.level,
      "aria-label": say("change.level"),
      oninput: () => {
        this.level = Number(level.value);
      },
    });
    const whole = element("input", {
      type: "checkbox",
      onchange: () => {
        this.whole_patch = whole.checked;
      },
    });
    const { bright } = this.app.told.ink;
    return element(
      "div",
      { class: "choice" },
      element("span", { class: "quiet" }, say(bright ? "change.paper" : "change.black")),
      level,
      element("span", { class: "quiet" }, say(bright ? "change.ink" : "change.white")),
      element("label", { class: "check-label" }, whole, say("change.patch")),
    );
  }

  pointed(event) {
    const box = this.canvas.getBoundingClientRect();
    const [count, columns] = this.app.c.image;
    const row = Math.floor(((event.clientY - box.top) / box.height) * count);
    const column = Math.floor(((event.clientX - box.left) / box.width) * columns);
    this.cursor = inside([row, column], [count, columns]);
    this.paint();
  }

  pressed(event) {
    const [count, columns] = this.app.c.image;
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
    else this.cursor = inside(to, [count, columns]);
    this.draw();
    announce(say("change.at", { row: this.cursor[0], column: this.cursor[1] }));
  }

  // The pixel under the cursor, or all patches that hold it.
  paint() {
    const [row, column] = this.cursor;
    const { level } = this;
    const patches = new Set(places_of_pixel(this.app.c, [row, column, 0]).map(([n]) => n));
    const whole = [...patches].map((n) => ({ kind: "patch", n, level }));
    this.on_paint(this.whole_patch ? whole : [{ kind: "pixel", row, column, level }]);
  }

  show(image) {
    this.image = image;
    this.draw();
  }

  draw() {
    const { app } = this;
    const { context } = draw_image(this.canvas, this.image, app.told.ink, PAINTED);
    draw_grid(context, app.c, PAINTED);
    const unit = PAINTED / app.c.image[1];
    context.strokeStyle = "#d9480f";
    context.lineWidth = 2;
    context.strokeRect(this.cursor[1] * unit + 1, this.cursor[0] * unit + 1, unit - 2, unit - 2);
  }
}

// The nearest place within so many rows and columns.
function inside(cell, sides) {
  return cell.map((i, axis) => Math.min(Math.max(i, 0), sides[axis] - 1));
}
