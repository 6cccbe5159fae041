// A map over the patches, with a title and lines below. It tells where it is largest, and under the
// pointer the number of that patch; so do all others within an element of the class "linked".

const TILE = 150; // pixels of its width

function map_tile(app, numbers, scale, title, ...words) {
  const text = typeof title === "string" ? title : title.textContent;
  const canvas = element("canvas", {
    class: "picture",
    role: "img",
    "aria-label": `${text}: ${ends_in_words(app, numbers)}`,
    onpointermove: (event) => point_linked(patch_under(event, canvas, app.c)),
    onpointerdown: (event) => point_linked(patch_under(event, canvas, app.c)),
    onpointerleave: (event) => {
      if (event.pointerType === "mouse") point_linked(null); // a finger leaves when it is lifted
    },
  });
  draw_patch_map(canvas, app.c, numbers, scale, app.image, app.told.ink, TILE);
  const spot = element("i", { class: "spot", hidden: true });
  const told = element("p", {});
  const figure = element(
    "figure",
    { class: "tile" },
    element("figcaption", {}, title),
    element("div", { class: "spotted" }, canvas, spot),
    told,
    ...present(words).map((line) => element("p", { class: "quiet" }, line)),
  );
  // Tell of a patch, or of the largest where there is none.
  figure.point = (n) => {
    spot.hidden = !(n in numbers);
    if (spot.hidden) told.textContent = ends_in_words(app, numbers);
    else {
      told.textContent = say("map.patch", patch_in_words(app, numbers, n));
      place_spot(spot, app.c, n);
    }
  };
  const point_linked = (n) => {
    const linked = figure.closest(".linked")?.querySelectorAll(".tile") ?? [figure];
    for (const one of linked) one.point(n);
  };
  figure.point(null);
  return figure;
}

// Where a map is largest; of one that goes below 0, its least number too.
function ends_in_words(app, numbers) {
  const least = largest_at(numbers.map((number) => -number));
  const words = largest_in_words(app, numbers);
  if (!(numbers[least] < 0)) return say("map.largest", words);
  return say("map.ends", { ...words, least, low: number_text(numbers[least], 3) });
}

function largest_in_words(app, numbers) {
  return patch_in_words(app, numbers, largest_at(numbers));
}

function patch_in_words(app, numbers, n) {
  return { number: number_text(numbers[n], 3), ...patch_words(app.c, n) };
}

// Outline a patch: in parts of the picture, however wide it is.
function place_spot(spot, c, n) {
  const [x, y, wide, high] = box_of(c, n, 100);
  const tall = c.image[1] / c.image[0];
  const sides = { left: x, top: y * tall, width: wide, height: high * tall };
  for (const [side, part] of Object.entries(sides)) spot.style[side] = `${part}%`;
}
