// What Model shows of the heads: a dot for each, block by block, and what even attention would be.

const DOTS = { width: 380, height: 200, left: 54, right: 14, top: 26, bottom: 36 };
const MEASURES = ["distance", "entropy", "cls_share"];

function heads_panels(app) {
  const { measures } = app.told;
  if (!measures)
    return [element("section", { class: "panel" }, element("p", {}, say("no_blocks")))];
  const kinds = MEASURES.filter((kind) => kind !== "cls_share" || app.c.has_cls);
  const even = even_attention(app.c);
  const plots = kinds.map((kind) => dots_plot(kind, measures[kind], even[kind]));
  return [
    element(
      "section",
      { class: "panel" },
      element("h2", {}, say("model.heads")),
      element("p", { class: "quiet" }, say("model.heads.about", { images: measures.images })),
      element("div", { class: "plots" }, ...plots),
      element("p", {}, ends_of_heads(app, measures.distance, even.distance)),
      exports([
        ...kinds.map((kind, i) => [`${kind}.svg`, () => save_svg(plots[i], `${kind}.svg`)]),
        ["CSV", () => save_csv("heads", heads_numbers(app, measures))],
      ]),
      heads_table(app, measures, kinds),
    ),
  ];
}

// What the measures would be of a head that gives every token the same.
function even_attention(c) {
  const T = c.patches + Number(c.has_cls);
  const even = Array(T).fill(Float64Array.from({ length: T }, () => 1 / T));
  return {
    distance: attention_distance(even, c),
    entropy: attention_entropy(even),
    cls_share: cls_share(even, c),
  };
}

// A measure as it is read: pixels, bits, or a part.
function measure_text(kind, number) {
  return kind === "cls_share" ? percent(number) : number_text(number, 3);
}

// values: [block][head]; a line where an even head would be.
function dots_plot(kind, values, even) {
  const most = Math.max(even, ...values.flat());
  const from_bottom = DOTS.height - DOTS.bottom;
  const wide = DOTS.width - DOTS.left - DOTS.right;
  const x = (block) => DOTS.left + (wide * (block + 0.5)) / values.length;
  const y = (number) => DOTS.top + (from_bottom - DOTS.top) * (1 - number / (most || 1));
  const tick_text = kind === "cls_share" ? (part) => `${+(100 * part).toFixed(3)}\u00a0%` : String;
  const text = (at, from_top, anchor, words) =>
    svg_element("text", { x: at, y: from_top, "text-anchor": anchor }, words);
  return svg_element(
    "svg",
    {
      class: "plot curve",
      role: "img",
      xmlns: SVG,
      viewBox: `0 0 ${DOTS.width} ${DOTS.height}`,
      "aria-label": say("model.plot", {
        title: say(`model.${kind}`),
        low: measure_text(kind, Math.min(...values.flat())),
        high: measure_text(kind, Math.max(...values.flat())),
      }),
    },
    text(DOTS.left, 14, "start", say(`model.${kind}`)),
    ...round_ticks(most).flatMap((number) => [
      svg_element("path", { class: "line", d: `M${DOTS.left} ${y(number)} h${wide}` }),
      text(DOTS.left - 7, y(number) + 4, "end", tick_text(number)),
    ]),
    svg_element("path", { class: "moment", d: `M${DOTS.left} ${y(even).toFixed(1)} h${wide}` }),
    ...stops(values.length, wide / values.length, 26).map((i) =>
      text(x(i), from_bottom + 15, "middle", i),
    ),
    text(DOTS.left + wide / 2, DOTS.height - 3, "middle", say("attention.block")),
    ...values.flatMap((heads, block) =>
      heads.map((number, head) =>
        svg_element(
          "circle",
          { class: "dot", cx: x(block).toFixed(1), cy: y(number).toFixed(1), r: 4.5 },
          svg_element(
            "title",
            {},
            head_words(block, head) + say("colon") + measure_text(kind, number),
          ),
        ),
      ),
    ),
  );
}

function head_words(block, head) {
  return say("model.at", { block, head });
}

// Which head looks least far, and which farthest.
function ends_of_heads({ c }, distances, even) {
  const flat = distances.flat();
  const [most, least] = [flat, flat.map((one) => -one)].map(largest_at);
  const at = (i) => head_words(Math.floor(i / c.heads), i % c.heads);
  return say("model.heads.ends", {
    near: at(least),
    least: number_text(flat[least], 3),
    far: at(most),
    most: number_text(flat[most], 3),
    even: number_text(even, 3),
  });
}

// A row for each head: block, head, and the measures.
function heads_numbers({ c }, measures) {
  const lines = range(c.depth * c.heads).map((i) => {
    const [block, head] = [Math.floor(i / c.heads), i % c.heads];
    return [block, head, ...MEASURES.map((kind) => measures[kind][block][head])];
  });
  return tensor([lines.length, 5], Float64Array.from(lines.flat()));
}

// The same as a table, filled when it is opened; a head is a link to what it gives to each patch.
function heads_table(app, measures, kinds) {
  const holder = element("div", { class: "scroll" });
  const heads = [say("model.head"), ...kinds.map((kind) => say(`model.${kind}`))];
  const line = ([block, head, ...numbers]) => {
    const changes = { view: "attention", block, slice: head, cell: null };
    const link = element("a", { href: app.link(changes) }, head_words(block, head));
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, link),
      ...kinds.map((kind, i) => element("td", {}, measure_text(kind, numbers[i]))),
    );
  };
  const fill = () =>
    holder.replaceChildren(
      element(
        "table",
        { class: "numbers" },
        element(
          "thead",
          {},
          element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text))),
        ),
        element("tbody", {}, ...rows(heads_numbers(app, measures)).map((row) => line([...row]))),
      ),
    );
  return element(
    "details",
    { ontoggle: (event) => event.target.open && fill() },
    element("summary", {}, say("model.table")),
    holder,
  );
}
