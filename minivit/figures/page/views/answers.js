// The answer before and after a change.

// Before, after and the difference; and how far the change has come, place by place.
function answers(app, before, after) {
  const [p, q] = [probabilities(before.logits), probabilities(after.logits)];
  const said = [largest_at(p), largest_at(q)];
  const order = range(app.c.classes)
    .sort((a, b) => Math.max(p[b], q[b]) - Math.max(p[a], q[a]))
    .slice(0, 8);
  const sign = (x) => `${x > 0 ? "+" : x < 0 ? "−" : ""}${percent(Math.abs(x))}`;
  const key = said[0] === said[1] ? "change.still" : "change.now";
  const names = {
    before: element("b", {}, named(app.told.classes[said[0]])),
    after: element("b", {}, named(app.told.classes[said[1]])),
  };
  const moved = distances_of(before, after);
  const most = Math.max(...moved.map(([, off]) => off), 1e-12);
  return [
    element("p", { class: "says", role: "status" }, ...say_with(key, names)),
    element(
      "table",
      { class: "numbers" },
      table_head(
        ["class", "change.before", "change.after", "change.difference"].map((one) => say(one)),
      ),
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
            element("td", {}, sign(q[c] - p[c])),
          ),
        ),
      ),
    ),
    element("h3", {}, say("change.travels")),
    element(
      "ol",
      { class: "bars" },
      ...moved.map(([place, off]) => {
        const bar = element("i", {});
        bar.style.width = `${(100 * off) / most}%`;
        return element(
          "li",
          {},
          element("span", {}, place),
          element("span", { class: "bar" }, bar),
          element("b", {}, percent(off)),
        );
      }),
    ),
  ];
}
