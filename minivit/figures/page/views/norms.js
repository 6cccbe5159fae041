// How long the gradient is, place by place: where it grows, and where it vanishes.

// One bar for each place, a link to the last of its arrays. The fold stays as it was left.
function norms_by_depth(app, chosen) {
  app.norms_are_open ??= true;
  const places = Object.keys(app.trace.noted);
  const norms = places.map((place) => app.trace.gradient_norm(place));
  const some = norms.filter((one) => one > 0);
  const [start, most] = [Math.min(...some) / 2, Math.max(...some)];
  const bars = places.map((place, i) => {
    const part = norms[i] > 0 ? Math.log(norms[i] / start) / Math.log(most / start) : 0;
    const bar = element("i", {});
    bar.style.width = `${Math.max(100 * part, 0.5)}%`;
    return element(
      "li",
      { class: place === chosen ? "now" : null },
      element("span", {}, norm_link(app, place)),
      element("span", { class: "bar" }, bar),
      element("b", {}, number_text(norms[i], 3)),
    );
  });
  const details = element(
    "details",
    {
      class: "panel norms",
      open: app.norms_are_open,
      ontoggle: () => {
        app.norms_are_open = details.open;
      },
    },
    element("summary", { "data-key": "norms" }, say("norms")),
    element("p", {}, ends_of_norms(places, norms)),
    element("p", { class: "quiet" }, ...say_with("norms.about", { what: loss_words(app) })),
    element("p", { class: "quiet" }, behind_last_block(app)),
    element("ol", { class: "bars" }, ...bars),
    some.length
      ? element("p", { class: "quiet" }, say("norms.scale", { start: number_text(start, 2) }))
      : null,
  );
  return details;
}

// What shortens the gradient where it comes back from the head: that few rows are read, and rstd.
function behind_last_block({ c, trace }) {
  const counts = c.depth && ROWS_READ[c.pool]?.(c);
  const told = counts ? say(`norms.read.${c.pool}`, counts) : "";
  const x = trace.values[`blocks.${c.depth - 1}.mlp.y`];
  if (!x || c.norm_after_pool) return told;
  const [first, last] = { cls: [0, 1], mean: [c.tokens - c.patches] }[c.pool] ?? [0];
  const read = rows(copied(x)).slice(first, last);
  const rstd = mean_of(read.map((row) => normalise(row, c.eps)));
  return `${told} ${say("norms.rstd", { rstd: number_text(rstd, 3) })}`;
}

const ROWS_READ = {
  cls: ({ tokens }) => ({ zeros: tokens - 1, tokens }),
  mean: ({ patches }) => ({ patches }),
};

function norm_link(app, place) {
  const name = arrays_of(app.trace, place, true).at(-1);
  if (!name) return place;
  const href = app.link({ name, slice: 0, cell: null, show: "gradient" });
  return element("a", { href, "data-key": `norm-${place}` }, place);
}

// Where the gradient is longest and shortest, in words.
function ends_of_norms(places, norms) {
  const [most, least] = [norms, norms.map((one) => -one)].map(largest_at);
  return say("norms.told", {
    most: places[most],
    least: places[least],
    longest: number_text(norms[most], 3),
    shortest: number_text(norms[least], 3),
  });
}
