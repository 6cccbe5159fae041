// The model as a row of places, each a link; the row is broken where the page ends.

const NODE = { most: 124, least: 96, height: 56, gap: 24, line: 80 };

// `chosen`: the place that is open; `back`: arrows run from the loss to the image.
function pipeline(app, chosen, back, width) {
  const places = Object.keys(app.trace.noted);
  const most = Math.max(1, Math.floor((width + NODE.gap) / (NODE.least + NODE.gap)));
  const lines = Math.ceil(places.length / most);
  const per_line = Math.ceil(places.length / lines);
  const wide = Math.min((width - 3 + NODE.gap) / per_line - NODE.gap, NODE.most);
  const high = (lines - 1) * NODE.line + NODE.height + 10;
  const drawn = svg_element("svg", {
    class: `pipeline ${back ? "back" : ""}`,
    width,
    height: high,
    viewBox: `0 0 ${width} ${high}`,
    xmlns: SVG,
  });
  const group = svg_element("g", { role: "group", "aria-label": say("pipeline.label") });
  places.forEach((place, i) => {
    const [column, line] = [i % per_line, Math.floor(i / per_line)];
    const [x, y] = [column * (wide + NODE.gap) + 1, line * NODE.line + 8];
    if (i + 1 < places.length) group.append(arrow(x + wide, y, column + 1 < per_line, back));
    group.append(node(app, place, { x, y, wide }, place === chosen, back));
  });
  drawn.append(group);
  return drawn;
}

function node(app, place, { x, y, wide }, is_chosen, back) {
  const name = arrays_of(app.trace, place, back).at(-1);
  const block = /^blocks\.(\d+)\./.exec(place);
  const [title, kind] = [say(`place.${place_key(place)}`), kind_of(place)];
  const href = app.link({ view: back ? "backward" : "forward", name, slice: 0, cell: null });
  const below = name ? shape_text(app.trace.values[name].shape) : say("absent");
  const told = `${block ? `${say("block", { i: block[1] })}, ` : ""}${title}, ${below}`;
  return svg_element(
    name ? "a" : "g",
    {
      ...(name ? { href } : { role: "img" }),
      class: `node ${kind} ${name ? "" : "absent"}`,
      "aria-label": told,
      "aria-current": is_chosen ? "true" : null,
      "data-key": `place-${place}`,
    },
    svg_element("rect", { x, y, width: wide, height: NODE.height, rx: 9 }),
    svg_element(
      "text",
      { x: x + 10, y: y + 18, class: "above" },
      block ? say("block", { i: block[1] }) : "",
    ),
    svg_element("text", { x: x + 10, y: y + (block ? 34 : 26), class: "title" }, title),
    svg_element("text", { x: x + 10, y: y + 48, class: "shape" }, below),
  );
}

// To the next node, beside this one or at the beginning of the next line.
function arrow(from, y, is_beside, back) {
  const middle = y + NODE.height / 2;
  if (!is_beside) {
    const d = `M${from} ${middle} h${NODE.gap / 3}`;
    return svg_element("path", { class: "wire", d });
  }
  const [tail, tip] = back ? [from + NODE.gap - 3, from + 5] : [from + 3, from + NODE.gap - 5];
  const side = back ? 5 : -5;
  return svg_element("path", {
    class: "wire",
    d: `M${tail} ${middle} H${tip} m${side} -4 L${tip} ${middle} l${side} 4`,
  });
}

// By which the sentences know a place: without the number of its block.
function place_key(place) {
  return /^blocks\./.test(place) ? last_part(place) : place;
}

// "blocks.0.mlp" -> "block 0: MLP"
function stage_of_place(place) {
  const block = /^blocks\.(\d+)\./.exec(place);
  const before = block ? say("block", { i: block[1] }) + say("colon") : "";
  return before + say(`place.${place_key(place)}`);
}

// The pipeline as a file.
function svg_text(drawn) {
  const copy = drawn.cloneNode(true);
  const colours = ["--ink", "--quiet", "--panel", "--line", "--accent"].map(
    (name) => `${name}:${style_of(name)}`,
  );
  const look =
    "rect{fill:var(--panel);stroke:var(--line)}.wire{fill:none;stroke:var(--quiet)}" +
    ".line,.course,.snapshots,.moment{fill:none;stroke:var(--quiet)}" +
    "text{font:12px sans-serif;fill:var(--ink)}.shape,.above{fill:var(--quiet);font-size:11px}";
  copy.prepend(svg_element("style", {}, `svg{${colours.join(";")}}${look}`));
  return new XMLSerializer().serializeToString(copy);
}
