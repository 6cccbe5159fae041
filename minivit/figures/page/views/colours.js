// Colours of numbers. What has no sign: from dark to light, ever lighter. What has one: blue below
// 0, orange above, and 0 is white.

const SEQUENTIAL = [
  [13, 22, 51],
  [30, 64, 112],
  [38, 117, 137],
  [87, 166, 136],
  [178, 209, 138],
  [253, 243, 190],
];
const DIVERGING = [
  [20, 72, 146],
  [94, 147, 204],
  [250, 250, 250],
  [238, 152, 84],
  [176, 72, 8],
];
const MARKER = [
  [252, 252, 252],
  [250, 205, 150],
  [240, 140, 60],
  [170, 62, 4],
]; // over an image
const NO_NUMBER = 1e-12; // below this part of the largest, a number is drawn as 0

// part in [0, 1] -> [red, green, blue]
function between(stops, part) {
  const at = Math.min(Math.max(part, 0), 1) * (stops.length - 1);
  const low = Math.min(Math.floor(at), stops.length - 2);
  const [from, to, way] = [stops[low], stops[low + 1], at - low];
  const mixed = (i) => Math.round(from[i] + way * (to[i] - from[i]));
  return [mixed(0), mixed(1), mixed(2)];
}

// The scale of some numbers: {low, high, signed, colour(number)}. Its ends are the true range;
// with a sign both sides reach as far, so that 0 is white. `signed`: as if some were below 0.
function scale_of(data, signed = false) {
  let [low, high] = [Infinity, -Infinity];
  for (const number of data) {
    if (number < low) low = number;
    if (number > high) high = number;
  }
  if (!(low <= high)) [low, high] = [0, 0];
  signed ||= low < 0;
  const most = Math.max(-low, high);
  const colour = (number) => {
    if (Math.abs(number) <= NO_NUMBER * most) number = 0;
    if (signed) return between(DIVERGING, 0.5 + number / (2 * most || 1));
    return between(SEQUENTIAL, (number - low) / (high - low || 1));
  };
  return { low, high, signed, colour };
}

// The same as a marker: from nothing at 0 to a strong colour, for what has no sign.
function marker_scale(data) {
  const scale = scale_of([0, ...data]);
  return { ...scale, colour: (number) => between(MARKER, number / (scale.high || 1)) };
}

// The scale as a strip, with its ends; `text`, if the scale has it, writes its numbers.
function legend(scale, what) {
  const strip = element("canvas", { class: "strip", width: 128, height: 1, "aria-hidden": "true" });
  const context = strip.getContext("2d");
  const ends = scale.signed ? Math.max(-scale.low, scale.high) : 0;
  const [from, to] = scale.signed ? [-ends, ends] : [scale.low, scale.high];
  for (let x = 0; x < 128; x++) {
    context.fillStyle = css_colour(scale.colour(from + (to - from) * (x / 127)));
    context.fillRect(x, 0, 1, 1);
  }
  const { text = number_text } = scale;
  const told = say("legend", { low: text(scale.low), high: text(scale.high) });
  return element(
    "p",
    { class: "legend" },
    element("span", {}, text(from)),
    strip,
    element("span", {}, text(to)),
    element("span", { class: "quiet" }, what ? what + say("semicolon") + told : told),
  );
}

// White or black, whichever is read better on a colour, by its luminance, as WCAG has it: at 0.179
// both have the same contrast, 4.6, and elsewhere one has more.
function ink_on(colour) {
  const [red, green, blue] = colour.map((level) =>
    level > 10 ? ((level / 255 + 0.055) / 1.055) ** 2.4 : level / 255 / 12.92,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000000" : "#ffffff";
}

function css_colour([red, green, blue]) {
  return `rgb(${red}, ${green}, ${blue})`;
}
