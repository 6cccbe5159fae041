// How one number is made: the formula in letters and in numbers, and where its operands stand.

const TERMS_SHOWN = 8;
const OPERAND = { width: 200, height: 120 };

// Fill `panel` with what is known of this number of an array, or of its gradient.
function explain(app, panel, name, index, gradient) {
  const x = array_of(app.trace, name, false);
  const flat = flat_index(x.shape, index);
  const number = array_of(app.trace, name, gradient).data[flat];
  const line = gradient ? returned_of(name) : made_of(name);
  const is_explained = line && app.trace.explains(name, gradient);
  const one = is_explained
    ? (gradient ? line.back : line.made)(index, new At(app.trace, place_of(name), app.loss))
    : work({});
  const mark = gradient ? `d ${last_part(name)}` : last_part(name);
  refill(
    panel,
    present([
      where_picture(app, axes_of(name, x), index),
      element(
        "p",
        { class: "where" },
        element("b", {}, `${mark}[${index.join(", ")}]`),
        element("br"),
        ...axes_of(name, x).flatMap((axis, i) => [
          place_words(app.c, axis, index[i]),
          element("br"),
        ]),
      ),
      element("p", { class: "number" }, number_text(number, 6)),
      gradient ? beside(x.data[flat], number, app.state.rate) : null,
      precision(app, name, gradient),
      word_link(app, name),
      formula_of(app, panel, line, name, gradient),
      ...steps(app, one),
      line && !is_explained ? element("p", { class: "quiet" }, say("recorded.unexplained")) : null,
      operands(app, one),
    ]),
  );
  announce(`${mark} ${index.join(", ")}: ${number_text(number)}`);
}

// The image, in which the patches of the index's tokens are outlined.
const TOKEN_COLOURS = { token: "#d9480f", query: "#d9480f", key: "#1864ab", patch: "#d9480f" };

function where_picture(app, axes, index) {
  const marked = axes
    .map((axis, i) => [axis, index[i]])
    .filter(([axis]) => axis in TOKEN_COLOURS)
    .map(([axis, i]) => [axis === "patch" ? i + Number(app.c.has_cls) : i, TOKEN_COLOURS[axis]]);
  return marked.length ? token_picture(app, marked, 104) : null;
}

function beside(value, gradient, rate) {
  return element(
    "p",
    { class: "quiet" },
    say("value_and_product", {
      value: number_text(value),
      product: number_text(value * gradient),
      update: number_text(-rate * gradient),
    }),
  );
}

// The formula, or that there is none: made once for an array, for laying it out takes long.
function formula_of(app, panel, line, name, gradient) {
  const key = `${name} ${gradient}`;
  if (panel.formula?.key !== key) {
    const letters = line ? letters_of(app, line, name, gradient) : [say("learned")];
    panel.formula = Object.assign(element("p", { class: "formula" }, ...letters), { key });
  }
  return panel.formula;
}

function steps(app, one) {
  return [
    one.facts.length
      ? element(
          "dl",
          { class: "facts" },
          one.facts.flatMap(([key, number]) => [
            element("dt", {}, key),
            element("dd", {}, number_text(number)),
          ]),
        )
      : null,
    one.terms.length || one.plus.length ? sum_table(app, one) : null,
  ];
}

// The formula; what the next place makes of an array is told where it stands.
function letters_of(app, line, name, gradient) {
  if (line.letters) return [formula(line.letters)];
  const at = new At(app.trace, place_of(name), app.loss);
  const next = at.neighbour(1);
  const { letters } = RETURNED[kind_of(next)].input;
  const from = gradient && next ? [say("comes_from", { place: next }), " "] : [];
  return letters ? [...from, formula(letters)] : from;
}

// The largest products, the others together, what is added, and the sum.
function sum_table(app, { factor, terms, plus }) {
  const products = terms
    .map((term) => ({ term, product: product_of(app.trace, term) }))
    .sort((a, b) => Math.abs(b.product) - Math.abs(a.product));
  const shown = products.slice(0, TERMS_SHOWN);
  const others = products.slice(TERMS_SHOWN);
  const rest = others.reduce((sum, { product }) => sum + product, 0);
  const total = products.reduce((sum, { product }) => sum + product, 0);
  const lines = shown.map(({ term, product }) =>
    line_of(
      term.map((one) => reference_text(one)).join(" · "),
      term.length > 1
        ? term.map((one) => number_text(number_at(app.trace, one), 3)).join(" · ")
        : "",
      product,
    ),
  );
  if (others.length) lines.push(line_of(say("others", { count: others.length }), "", rest));
  if (factor !== 1)
    lines.push(line_of(say("times", { factor: number_text(factor) }), "", factor * total));
  const added = plus.slice(0, TERMS_SHOWN);
  for (const one of added)
    lines.push(line_of(`+ ${reference_text(one)}`, "", number_at(app.trace, one)));
  if (plus.length > added.length) {
    const others_sum = plus
      .slice(TERMS_SHOWN)
      .reduce((sum, one) => sum + number_at(app.trace, one), 0);
    lines.push(line_of(say("others", { count: plus.length - added.length }), "", others_sum));
  }
  const sum = element(
    "tr",
    { class: "total" },
    element("th", { scope: "row", colspan: 2 }, "="),
    element("td", {}, number_text(worked_out(app.trace, { factor, terms, plus }), 6)),
  );
  return element("table", { class: "sum" }, element("tbody", {}, ...lines, sum));
}

function line_of(what, numbers, result) {
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, what),
    element("td", { class: "quiet" }, numbers),
    element("td", {}, number_text(result)),
  );
}

function reference_text({ name, index, gradient }) {
  return `${gradient ? "d " : ""}${last_part(name)}[${index.join(",")}]`;
}

// The arrays that were read, each a small picture in which the numbers are lit; a link to it.
function operands(app, one) {
  const groups = new Map();
  for (const reference of references(one)) {
    const key = `${reference.gradient ? "d " : ""}${reference.name}`;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(reference);
  }
  return element(
    "div",
    { class: "operands" },
    ...[...groups.values()].map((group) => operand(app, group)),
  );
}

function operand(app, group) {
  const [{ name, index, gradient }] = group;
  const x = array_of(app.trace, name, gradient);
  const slice = slice_of(name, x.shape, index);
  const cells = group.map((one) => cell_of(name, x.shape, one.index, slice)).filter(Boolean);
  const canvas = element("canvas", { "aria-hidden": "true" });
  lit(canvas, app.small(name, gradient, slice), cells);
  const href = app.link({
    view: gradient || app.state.view === "backward" ? "backward" : "forward",
    name,
    slice,
    cell: cells[0],
    show: gradient ? "gradient" : "value",
  });
  return element(
    "a",
    { class: "operand", href },
    canvas,
    element("span", {}, `${gradient ? "d " : ""}${last_part(name)}`),
    element("span", { class: "quiet" }, shape_text(x.shape)),
  );
}

// A small picture, dimmed but for the rectangle around these cells.
function lit(canvas, picture, cells) {
  const { width: columns, height: count } = picture;
  const width = Math.min(OPERAND.width, Math.max(columns * 6, 48));
  const height = Math.min(OPERAND.height, Math.max((width * count) / columns, count * 3, 14));
  const context = prepared(canvas, width, height);
  context.imageSmoothingEnabled = false;
  context.globalAlpha = 0.4;
  context.drawImage(picture, 0, 0, width, height);
  context.globalAlpha = 1;
  const [first_row, first_column] = [0, 1].map((axis) =>
    Math.min(...cells.map((cell) => cell[axis])),
  );
  const [last_row, last_column] = [0, 1].map((axis) =>
    Math.max(...cells.map((cell) => cell[axis])),
  );
  const [wide, high] = [last_column - first_column + 1, last_row - first_row + 1];
  const box = [
    (first_column * width) / columns,
    (first_row * height) / count,
    Math.max((wide * width) / columns, 2),
    Math.max((high * height) / count, 2),
  ];
  context.drawImage(picture, first_column, first_row, wide, high, ...box);
  context.strokeStyle = style_of("--mark");
  context.lineWidth = 1.5;
  context.strokeRect(...box);
}
