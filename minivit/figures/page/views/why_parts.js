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
// [colour, dashes]: every colour stands out on the light ground and on the dark one.
const CURVES = [
  ["#2f7bd6", "none"],
  ["#d9480f", "9 3"],
  ["#9366d8", "2 2.5"],
  ["#0b8a5c", "9 3 2 3"],
  ["#d2478a", "none"],
  ["#8a6d00", "4 4"],
  ["#76808f", "14 3"],
];
const SAMPLE = { width: 34, height: 4, "aria-hidden": "true" }; // of a line, beside its name
const PLOT = { width: 560, height: 240, left: 46, bottom: 36 };

function deletion(app, target, maps) {
  const { counts, curves } = app.runs.deletion(app.state.image, target, maps);
  const drawn = plot(curves, counts);
  const { label, other } = loss_asked(target);
  const name_of = (c) => named(app.told.classes[c] ?? "", 24);
  const names = { name: name_of(label), other: name_of(other) };
  return element(
    "section",
    { class: "panel" },
    element("h2", {}, say("why.deletion")),
    element(
      "p",
      { class: "quiet" },
      ...say_with(`why.deletion.${other === null ? "of_all" : "of_two"}`, names),
      " ",
      say("why.deletion.about"),
    ),
    scrolling(say("why.deletion"), drawn),
    element(
      "ul",
      { class: "curves" },
      ...curves.map(([key, curve], i) =>
        element(
          "li",
          {},
          svg_element("svg", SAMPLE, stroke(i, "M0 2 h34")),
          say(`why.${key}`),
          element("span", { class: "quiet" }, ` ⌀ ${percent(mean_of(curve))}`),
        ),
      ),
    ),
    element("p", {}, fall_of(curves, other === null ? app.c.classes : 2)),
    exports([["deletion.svg", () => save_svg(drawn, "deletion.svg")]]),
  );
}

function stroke(i, d) {
  const [colour, dashes] = CURVES[i];
  const look = { fill: "none", stroke: colour, "stroke-width": 2.5, "stroke-dasharray": dashes };
  return svg_element("path", { ...look, d });
}

// What the curves say: which of them falls soonest; or that there is little to fall from, where the
// class is less probable than in an even guess, or no more than with all patches covered.
function fall_of(curves, classes) {
  const [first, last] = [0, -1].map((i) => curves[0][1].at(i)); // they begin and end together
  if (first < 1 / classes || first <= last) {
    const [even, from, to] = [1 / classes, first, last].map(percent);
    return say("why.deletion.little", { from, to, even, classes });
  }
  const means = curves.map(([, curve]) => mean_of(curve));
  const [best, worst] = [means.map((mean) => -mean), means].map(largest_at);
  return say("why.deletion.best", {
    best: say(`why.${curves[best][0]}`),
    least: percent(means[best]),
    worst: say(`why.${curves[worst][0]}`),
    most: percent(means[worst]),
  });
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
      stroke(c, curve.map((p, i) => `${i ? "L" : "M"}${at(counts[i], p)}`).join(" ")),
    ),
  );
  return drawn;
}
