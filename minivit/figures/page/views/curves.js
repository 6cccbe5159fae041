// The curve of a run: training loss and accuracy, epoch by epoch, with a line at a moment.

const CURVE = { width: 380, height: 180, left: 54, right: 14, top: 26, bottom: 36 };

// The two plots; `show(epoch)` moves the line of both.
function curves(app) {
  const { curve, measured_on } = app.told.learning;
  const plots = [
    curve_plot(app, say("training.loss"), curve.loss, Math.max(...curve.loss), String),
    curve_plot(app, say(`training.accuracy.${measured_on}`), curve.accuracy, 1, hundredths),
  ];
  return {
    plots: plots.map(({ drawn }) => drawn),
    show: (epoch) => plots.forEach(({ line, x }) => line.setAttribute("d", vertical(x(epoch)))),
  };
}

// What labels the training loss is taken with, where they aren't the images' own: the least that it
// can be is the entropy of a smoothed label.
function labels_of_training({ c, told }) {
  const { smoothing, mixes } = told.learning ?? {};
  const rest = smoothing / c.classes;
  const label = 1 - smoothing + rest;
  const logs = label * Math.log(label) + (c.classes - 1) * rest * Math.log(rest);
  const words = { smoothing, least: -logs, label, rest };
  for (const key of ["least", "label", "rest"]) words[key] = Number(words[key].toFixed(4));
  const sentences = [
    smoothing ? say("training.smoothed", words) : null,
    mixes ? say("training.mixed") : null,
  ];
  return present(sentences).join(" ") || null;
}

function hundredths(part) {
  return `${Math.round(100 * part)}\u00a0%`;
}

function vertical(x) {
  return `M${x.toFixed(1)} ${CURVE.top} V${CURVE.height - CURVE.bottom}`;
}

// Values of the epochs, from 0 to `most`.
function curve_plot(app, title, values, most, text_of_value) {
  const { epoch } = app.told.learning.curve;
  const last = epoch.at(-1);
  const [wide, high] = [
    CURVE.width - CURVE.left - CURVE.right,
    CURVE.height - CURVE.top - CURVE.bottom,
  ];
  const x = (at) => CURVE.left + (wide * at) / last;
  const y = (value) => CURVE.top + high * (1 - value / (most || 1));
  const line = svg_element("path", { class: "moment" });
  const text = (at, from_top, anchor, words) =>
    svg_element("text", { x: at, y: from_top, "text-anchor": anchor }, words);
  const from_bottom = CURVE.height - CURVE.bottom;
  const drawn = svg_element(
    "svg",
    {
      class: "plot curve",
      role: "img",
      xmlns: SVG,
      viewBox: `0 0 ${CURVE.width} ${CURVE.height}`,
      "aria-label": say("training.plot", {
        title,
        first: text_of_value(values[0]),
        last: text_of_value(values.at(-1)),
      }),
    },
    text(CURVE.left, 14, "start", title),
    ...round_ticks(most).flatMap((value) => [
      svg_element("path", { class: "line", d: `M${CURVE.left} ${y(value)} h${wide}` }),
      text(CURVE.left - 7, y(value) + 4, "end", text_of_value(value)),
    ]),
    ...stops(last + 1, wide / last, 34).map((at) => text(x(at), from_bottom + 15, "middle", at)),
    text(CURVE.left + wide / 2, CURVE.height - 3, "middle", say("training.epoch")),
    svg_element("path", {
      class: "snapshots",
      d: (app.snapshots.epochs ?? []).map((at) => `M${x(at)} ${from_bottom - 4} v8`).join(" "),
    }),
    svg_element("path", {
      class: "course",
      d: values.map((value, i) => `${i ? "L" : "M"}${x(epoch[i])} ${y(value)}`).join(" "),
    }),
    values.length > 40
      ? null
      : values.map((value, i) =>
          svg_element("circle", { class: "course", cx: x(epoch[i]), cy: y(value), r: 2 }),
        ),
    line,
  );
  return { drawn, line, x };
}
