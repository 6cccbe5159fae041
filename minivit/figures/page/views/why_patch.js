// One patch of "Why this class": chosen in the image or on a map, what every map gives it, and the
// way to change it.

function one_patch(app, maps, tiles) {
  const { c } = app;
  const first = Number(c.has_cls);
  const told = element("div", { role: "status" });
  const keys = Object.keys(maps);
  const show = (token) => {
    const n = token - first;
    told.replaceChildren(...patch_told(app, maps, n));
    tiles.forEach((tile, i) => {
      const [numbers, canvas] = [maps[keys[i]], tile.querySelector("canvas")];
      const scale = scale_of_map(keys[i], numbers);
      draw_patch_map(canvas, c, numbers, scale, app.image, app.told.ink, TILE);
      outline(canvas.getContext("2d"), c, n, TILE, "#14161a");
    });
  };
  const asked = app.state.token ?? 0;
  const is_patch = asked >= first && asked < first + c.patches && app.state.token !== null;
  const picker = new Picker(app, {
    chosen: is_patch ? asked : first + largest_at(maps.occlusion),
    width: TILE,
    label: say("attention.picker"),
    on_choose: (token) => {
      app.stay({ token });
      show(token);
    },
  });
  for (const tile of tiles) {
    const canvas = tile.querySelector("canvas");
    canvas.classList.add("picker");
    canvas.addEventListener("click", (event) => {
      const n = patch_under(event, canvas, c);
      if (n !== undefined) picker.choose(n + first);
    });
  }
  show(picker.chosen);
  return element(
    "section",
    { class: "panel asking" },
    element(
      "div",
      {},
      element("h2", {}, say("why.patch")),
      picker.canvas,
      element("p", { class: "quiet keys" }, say("why.patch.keys")),
    ),
    told,
  );
}

// The patch's number in every map and its rank there, and the link.
function patch_told(app, maps, n) {
  const count = app.c.patches;
  const rank = (numbers) => numbers.filter((number) => number > numbers[n]).length + 1;
  const [row, column] = pixel_of(app.c, [n, 0]);
  const others = app.state.switches.filter((one) => SWITCHES[one] !== "change");
  const switches = [...others, WHOLE_PATCH, COVER];
  const change = { ...way_to("change", "why"), cell: [row, column], switches };
  return present([
    element("h2", {}, place_words(app.c, "patch", n)),
    element(
      "dl",
      { class: "facts" },
      Object.entries(maps).flatMap(([key, numbers]) => [
        element("dt", {}, say(`why.${key}`)),
        element(
          "dd",
          {},
          say("why.rank", { number: number_text(numbers[n], 3), rank: rank(numbers), count }),
        ),
      ]),
    ),
    app.runs.shows("change")
      ? element("a", { class: "button", href: app.link(change) }, say("why.change"))
      : null,
  ]);
}
