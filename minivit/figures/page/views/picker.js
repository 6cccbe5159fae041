// The image as a place to choose a patch: by a click, or by the arrow keys.

class Picker {
  // chosen: the number of a token; on_choose(token).
  constructor(app, { chosen, width, label, on_choose }) {
    Object.assign(this, { app, chosen, width, on_choose });
    this.canvas = element("canvas", {
      class: "picture picker",
      tabindex: 0,
      role: "application",
      "aria-label": label,
      "data-key": "picker",
      onclick: (event) => this.clicked(event),
      onkeydown: (event) => this.pressed(event),
    });
    this.draw();
  }

  // A button that chooses cls, pressed while it is chosen.
  cls_button() {
    this.cls = element(
      "button",
      { type: "button", "data-key": "cls", onclick: () => this.choose(0) },
      say("attention.cls"),
    );
    this.draw();
    return this.cls;
  }

  get first() {
    return Number(this.app.c.has_cls);
  }

  draw() {
    const { c, image, told } = this.app;
    const { context } = draw_image(this.canvas, image, told.ink, this.width);
    draw_grid(context, c, this.width);
    this.cls?.setAttribute("aria-pressed", String(this.chosen < this.first));
    if (this.chosen >= this.first)
      outline(context, c, this.chosen - this.first, this.width, "#d9480f");
  }

  choose(token) {
    this.chosen = token;
    this.draw();
    this.on_choose(token);
  }

  clicked(event) {
    const n = patch_under(event, this.canvas, this.app.c);
    if (n !== undefined) this.choose(n + this.first);
  }

  pressed(event) {
    const { grid } = this.app.c;
    const n = Math.max(this.chosen - this.first, 0);
    const [row, column] = [Math.floor(n / grid[1]), n % grid[1]];
    const to = {
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      Home: [row, 0],
      End: [row, grid[1] - 1],
    }[event.key];
    if (!to) return;
    event.preventDefault();
    const inside = to.map((i, axis) => Math.min(Math.max(i, 0), grid[axis] - 1));
    this.choose(inside[0] * grid[1] + inside[1] + this.first);
  }
}
