// What "Why this class" has below its maps: how far they agree, and curves of deletion.

// The correlation of every two maps, as a table.
function agreement(maps) {
  const keys = Object.keys(maps);
  const pairs = keys
    .flatMap((a, i) => keys.slice(i + 1).map((b) => [a, b, correlation(maps[a], maps[b])]))
    .filter(([, , r]) => r !== null);
  const least = pairs.reduce((worst, pair) => (worst && worst[2] <= pair[2] ? worst : pair), null);
  const rows_of = keys.map((a) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, say(`why.${a}`)),
      ...keys.map((b) => correlation_cell(a === b ? 1 : correlation(maps[a], maps[b]))),
    ),
  );
  return element(
    "section",
    { class: "panel" },
    element("h2", {}, say("why.agree")),
    element("p", { class: "quiet" }, say("why.agree.about")),
    least
      ? element(
          "p",
          {},
          say("why.mean_agreement", {
            mean: mean_of(pairs.map(([, , r]) => r)).toFixed(2),
            a: say(`why.${least[0]}`),
            b: say(`why.${least[1]}`),
            least: least[2].toFixed(2).replace("-", "−"),
          }),
        )
      : null,
    scrolling(
      say("why.agree"),
      element(
        "table",
        { class: "numbers" },
        table_head(["", ...keys.map((key) => say(`why.${key}`))]),
        element("tbody", {}, ...rows_of),
      ),
    ),
  );
}

const PALER = 0.7; // so that the number on a colour can be read

function correlation_cell(r) {
  const cell = element("td", {}, r === null ? say("why.flat") : r.toFixed(2).replace("-", "−"));
  const colour = r === null ? null : scale_of([-1, 1]).colour(PALER * r);
  if (colour) {
    cell.style.background = css_colour(colour);
    cell.style.color = ink_on(colour);
  }
  return cell;
}

// Curves of the class's probability while patches are covered, one for each map.
const CURVES = ["#1a5fb4", "#d9480f", "#6d3fb0", "#0b8a5c", "#a8326d", "#8a6d00", "#4a5568"];
const PLOT = { width: 560, height: 240, left: 46, bottom: 36 };

function deletion(app, target, maps) {
  const { counts, curves } = app.runs.deletion(app.state.image, target, maps);
  const drawn = plot(curves, counts);
  return element(
    "section",
    { class: "panel" },
    element("h2", {}, say("why.deletion")),
    element("p", { class: "quiet" }, say("why.deletion.about")),
    scrolling(say("why.deletion"), drawn),
    element(
      "ul",
      { class: "curves" },
      ...curves.map(([key, curve], i) => {
        const dash = element("i", {});
        dash.style.background = CURVES[i];
        return element(
          "li",
          {},
          dash,
          say(`why.${key}`),
          element("span", { class: "quiet" }, ` ⌀ ${percent(mean_of(curve))}`),
        );
      }),
    ),
    exports([["deletion.svg", () => save_svg(drawn, "deletion.svg")]]),
  );
}

// counts: how many patches are covered at each point of the curves.
function plot(curves, counts) {
  const last = counts.at(-1);
  const [wide, high] = [PLOT.width - PLOT.left - 12, PLOT.height - PLOT.bottom - 10];
  const x = (i) => PLOT.left + (wide * i) / last;
  const y = (p) => 10 + high * (1 - p);
  const at = (i, p) => `${x(i).toFixed(1)} ${y(p).toFixed(1)}`;
  const drawn = svg_element("svg", {
    class: "plot",
    width: PLOT.width,
    height: PLOT.height,
    role: "img",
    xmlns: SVG,
    viewBox: `0 0 ${PLOT.width} ${PLOT.height}`,
    "aria-label": say("why.deletion"),
  });
  for (const p of [0, 0.5, 1]) {
    drawn.append(
      svg_element("path", { class: "line", d: `M${PLOT.left} ${y(p)} h${wide}` }),
      svg_element("text", { x: PLOT.left - 8, y: y(p) + 4, "text-anchor": "end" }, p),
    );
  }
  for (const i of stops(last + 1, wide / last, 40)) {
    drawn.append(svg_element("text", { x: x(i), y: PLOT.height - 20, "text-anchor": "middle" }, i));
  }
  drawn.append(
    svg_element(
      "text",
      { x: PLOT.left + wide / 2, y: PLOT.height - 4, "text-anchor": "middle" },
      say("why.deletion.axis"),
    ),
    ...curves.map(([, curve], c) =>
      svg_element("path", {
        fill: "none",
        stroke: CURVES[c],
        "stroke-width": 2,
        "stroke-dasharray": c % 2 ? "6 3" : "none",
        d: curve.map((p, i) => `${i ? "L" : "M"}${at(counts[i], p)}`).join(" "),
      }),
    ),
  );
  return drawn;
}
