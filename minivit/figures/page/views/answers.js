// The answer before and after a change.

// Before, after and the difference; and how far the change has come, place by place.
function answers(app, before, after) {
  const [p, q] = [probabilities(before.logits), probabilities(after.logits)];
  const said = [largest_at(p), largest_at(q)];
  const key = said[0] === said[1] ? "change.still" : "change.now";
  const names = {
    before: element("b", {}, named(app.told.classes[said[0]])),
    after: element("b", {}, named(app.told.classes[said[1]])),
  };
  return [
    element("p", { class: "says", role: "status" }, ...say_with(key, names)),
    classes_table(app, p, q, ["change.before", "change.after"]),
    element("h3", {}, say("change.travels")),
    distance_bars(distances_of(before, after), place_of),
  ];
}

// The most probable classes of two answers, and the difference.
function classes_table(app, p, q, heads) {
  const order = range(app.c.classes)
    .sort((a, b) => Math.max(p[b], q[b]) - Math.max(p[a], q[a]))
    .slice(0, 8);
  return element(
    "table",
    { class: "numbers answers" },
    table_head(["class", ...heads, "change.difference"].map((one) => say(one))),
    element(
      "tbody",
      {},
      ...order.map((c) =>
        element(
          "tr",
          {},
          element("th", { scope: "row" }, named(app.told.classes[c], 24)),
          element("td", {}, percent(p[c])),
          element("td", {}, percent(q[c])),
          element("td", {}, points_text(p[c], q[c])),
        ),
      ),
    ),
  );
}

// The difference of two probabilities, in points: with a digit more than they are told with, since
// the difference of rounded numbers may be another; and none that is there is told as 0.
function points_text(before, after) {
  const x = 100 * (after - before);
  const size = Math.abs(x);
  const digits = 1 + Math.min(percent_digits(before), percent_digits(after));
  const told = size < 0.1 ? number_text(size, 2) : size.toFixed(digits);
  return x ? (x > 0 ? "+" : "−") + told : "0";
}

// Distances of arrays as bars; `told(name)` is what stands before a bar.
function distance_bars(distances, told) {
  const most = Math.max(...distances.map(([, off]) => off), 1e-12);
  return element(
    "ol",
    { class: "bars" },
    ...distances.map(([name, off]) => {
      const bar = element("i", {});
      bar.style.width = `${(100 * off) / most}%`;
      return element(
        "li",
        {},
        element("span", {}, told(name)),
        element("span", { class: "bar" }, bar),
        element("b", {}, far_text(off)),
      );
    }),
  );
}

// A distance as a part, of which a small one isn't written as 0.
function far_text(off) {
  return off > 0 && off < 1e-3 ? `${number_text(100 * off, 2)}\u00a0%` : percent(off);
}
