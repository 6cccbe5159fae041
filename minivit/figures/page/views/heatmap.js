// An array as a heat map: one stop of the keyboard, in which the arrows move.

const MARGIN = { left: 40, top: 22, name: 12 };
const MINUS = 0.25; // of the largest number
const CELL = { most: 46, least_height: 9, tallest: 560, grid: 9, sign: 13 };

class HeatMap {
  // name, x: the array; slice: of sliced(); label: what a screen reader calls it;
  // on_cell(row, column), on_enter(), on_key(key): what moving, Enter and letters do.
  // scale, is_written: another scale than the usual, and whether the numbers stand in the cells;
  // names: {rows, columns, letters}, what these are called in the place of their numbers, and at
  // how many letters a name is cut.
  constructor({ name, x, slice, label, what = "", scale, is_written = false, names = {}, ...on }) {
    const { on_cell, on_enter = unseen, on_key = unseen } = on;
    this.shape = x.shape;
    this.view = sliced(name, x, slice);
    this.scale = scale ?? scale_of(this.view.data);
    const { rows: down, columns: across, letters = 14 } = names;
    const cut = (list) => list?.map((one) => short_name(one, letters));
    this.names = { rows: cut(down), columns: cut(across) };
    const room = (list, usual) =>
      list?.some((one) => one.length > 3) ? MARGIN.name + widest(list) : usual;
    this.left = room(this.names.rows, MARGIN.left);
    this.top = room(this.names.columns, MARGIN.top);
    Object.assign(this, { is_written, on_cell, on_enter, on_key, cell: [0, 0], locked: false });
    this.base = element("canvas", { "aria-hidden": "true" });
    this.cursor = element("canvas", {
      class: "cursor",
      tabindex: 0,
      role: "application",
      "data-key": "heat-map",
      "aria-roledescription": say("heat.map"),
      "aria-label": label,
      "aria-describedby": "heat-keys",
      onkeydown: (event) => this.pressed(event),
      onpointermove: (event) => {
        if (!this.locked) this.point(event, false);
      },
      onclick: (event) => this.point(event, true),
      onfocus: () => this.mark(),
    });
    this.plane = element("div", { class: "plane" }, this.base, this.cursor);
    const most = Math.max(-this.scale.low, this.scale.high);
    this.limit = -MINUS * most; // what is below it gets a minus
    this.minus = element(
      "p",
      { class: "quiet", hidden: true },
      say("heat.minus", { limit: number_text(this.limit, 3) }),
    );
    this.element = element(
      "div",
      { class: "heat" },
      this.plane,
      legend(this.scale, what),
      this.minus,
    );
    new ResizeObserver(() => this.fit()).observe(this.plane);
  }

  fit() {
    const { rows: count, columns } = this.view;
    const room = this.plane.clientWidth - this.left;
    if (room <= 0 || room === this.room) return;
    this.room = room;
    this.wide = Math.min(room / columns, CELL.most);
    this.high = Math.min(Math.max(this.wide, CELL.least_height), Math.max(CELL.tallest / count, 1));
    if (count === 1) this.high = 40;
    const [width, height] = [
      this.left + this.wide * columns + 2,
      this.top + this.high * count + 2,
    ];
    for (const canvas of [this.base, this.cursor]) prepared(canvas, width, height);
    this.plane.style.height = `${height}px`;
    this.draw();
    this.mark();
  }

  draw() {
    const { rows: count, columns, data } = this.view;
    const context = this.base.getContext("2d");
    const small = painted(data, columns, this.scale);
    context.imageSmoothingEnabled = false;
    context.drawImage(small, this.left, this.top, this.wide * columns, this.high * count);
    if (Math.min(this.wide, this.high) >= CELL.grid) this.lines(context);
    const has_signs = this.scale.low < 0 && Math.min(this.wide, this.high) >= CELL.sign;
    if (has_signs) this.signs(context);
    this.minus.hidden = !has_signs;
    if (this.is_written && Math.min(this.wide, this.high) >= CELL.sign) this.write(context);
    this.ticks(context);
  }

  // Whole numbers other than 0, in their cells.
  write(context) {
    const { columns, data } = this.view;
    context.font = `${Math.min(13, this.wide / 2)}px system-ui, sans-serif`;
    context.textAlign = "center";
    data.forEach((number, i) => {
      if (!number) return;
      const [x, y] = this.corner(Math.floor(i / columns), i % columns);
      context.fillStyle = ink_on(this.scale.colour(number));
      context.fillText(number, x + this.wide / 2, y + this.high / 2 + 4);
    });
  }

  lines(context) {
    const { rows: count, columns } = this.view;
    context.fillStyle = style_of("--panel");
    range(columns + 1).forEach((j) => {
      context.fillRect(this.left + j * this.wide - 0.5, this.top, 1, this.high * count);
    });
    range(count + 1).forEach((i) => {
      context.fillRect(this.left, this.top + i * this.high - 0.5, this.wide * columns, 1);
    });
  }

  // A minus in what is clearly below 0, for whoever can't tell blue from orange.
  signs(context) {
    const { rows: count, columns, data } = this.view;
    context.fillStyle = "rgba(255, 255, 255, 0.75)";
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < columns; j++) {
        if (data[i * columns + j] >= this.limit) continue;
        const [x, y] = this.corner(i, j);
        context.fillRect(x + this.wide / 2 - 3, y + this.high / 2 - 0.75, 6, 1.5);
      }
    }
  }

  ticks(context) {
    const { rows: count, columns } = this.view;
    context.fillStyle = style_of("--quiet");
    context.font = TICKS;
    const { names } = this;
    const end = this.left + this.wide * columns + 2; // of the canvas
    const is_tall = this.top > MARGIN.top; // names of columns are written upwards
    context.textAlign = is_tall ? "left" : "center";
    for (const j of stops(columns, this.wide, is_tall ? 13 : 30)) {
      const text = names.columns?.[j] ?? j;
      const half = is_tall ? 0 : context.measureText(text).width / 2;
      const x = Math.min(this.left + (j + 0.5) * this.wide, end - half);
      context.save();
      context.translate(x, this.top - 7);
      if (is_tall) context.transform(0, -1, 1, 0, 4, 0);
      context.fillText(text, 0, 0);
      context.restore();
    }
    context.textAlign = "right";
    for (const i of stops(count, this.high, names.rows ? 13 : 18)) {
      context.fillText(names.rows?.[i] ?? i, this.left - 7, this.top + (i + 0.5) * this.high + 4);
    }
  }

  corner(row, column) {
    return [this.left + column * this.wide, this.top + row * this.high];
  }

  // Outline the cell, and band its row and column.
  mark() {
    if (!this.wide) return;
    const { rows: count, columns } = this.view;
    const context = this.cursor.getContext("2d");
    context.clearRect(0, 0, this.cursor.width, this.cursor.height);
    const [x, y] = this.corner(...this.cell);
    context.strokeStyle = style_of("--mark");
    context.lineWidth = 1;
    context.globalAlpha = 0.55;
    context.strokeRect(this.left, y, this.wide * columns, this.high);
    context.strokeRect(x, this.top, this.wide, this.high * count);
    context.globalAlpha = 1;
    context.lineWidth = 4;
    context.strokeStyle = style_of("--panel");
    context.strokeRect(x - 1, y - 1, this.wide + 2, this.high + 2);
    context.lineWidth = 2;
    context.strokeStyle = style_of("--mark");
    context.strokeRect(x - 1, y - 1, this.wide + 2, this.high + 2);
  }

  move(row, column) {
    this.cell = [
      Math.min(Math.max(row, 0), this.view.rows - 1),
      Math.min(Math.max(column, 0), this.view.columns - 1),
    ];
    this.mark();
    this.on_cell(...this.cell);
  }

  // The cell that a pointer is over, or null.
  under(event) {
    const box = this.cursor.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left - this.left) / this.wide);
    const row = Math.floor((event.clientY - box.top - this.top) / this.high);
    const is_inside =
      row >= 0 && column >= 0 && row < this.view.rows && column < this.view.columns;
    return is_inside ? [row, column] : null;
  }

  point(event, is_click) {
    const [row, column] = this.under(event) ?? [];
    if (row === undefined) return;
    if (is_click) this.locked = !(this.locked && row === this.cell[0] && column === this.cell[1]);
    if (is_click || row !== this.cell[0] || column !== this.cell[1]) this.move(row, column);
  }

  pressed(event) {
    const [row, column] = this.cell;
    const { rows: count, columns } = this.view;
    const moves = {
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      Home: [row, 0],
      End: [row, columns - 1],
      PageUp: [row - 8, column],
      PageDown: [row + 8, column],
    };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") this.locked = false;
    if (event.key === "Enter") this.on_enter();
    if (event.key in moves) {
      event.preventDefault();
      this.locked = true;
      this.move(...moves[event.key]);
    } else if (this.on_key(event.key)) {
      event.preventDefault();
    }
  }
}
