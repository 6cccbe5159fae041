// The images of the page: those that it shows, and behind them the others of the gallery.

class Images {
  constructor(told) {
    const { config, gallery, dtype } = told;
    this.shape = [...config.image, config.channels];
    this.gallery = gallery;
    this.shown = told.images.length;
    this.known = told.images;
    this.kept = parts(numbers_of("images", dtype), this.shown).map((one) =>
      tensor(this.shape, Float64Array.from(one)),
    );
    const names = this.known.map(({ name }) => name);
    this.numbers = gallery?.numbers ?? [];
    this.others = range(this.numbers.length).filter((n) => !names.includes(this.numbers[n]));
    if (gallery?.levels) this.packed = bytes_of(text_of("gallery"));
    else if (gallery) this.loose = numbers_of("gallery", dtype);
  }

  get count() {
    return this.shown + this.others.length;
  }

  // Which image of the page a test image is, by its place in the gallery, and by its number: -1
  // where it is none.
  of_gallery(n) {
    return this.of_number(this.numbers[n]);
  }
  of_number(number) {
    const shown = this.known.findIndex(({ name }) => name === number);
    const other = this.others.findIndex((n) => this.numbers[n] === number);
    return shown >= 0 || other < 0 ? shown : this.shown + other;
  }

  // (height, width, channels); one of the gallery is unpacked each time it is asked for.
  at(i) {
    if (i < this.shown) return this.kept[i];
    const n = this.others[i - this.shown];
    const { levels, bits } = this.gallery;
    if (!levels) {
      const numbers = parts(this.loose, this.numbers.length)[n];
      return tensor(this.shape, Float64Array.from(numbers));
    }
    return unpacked(this.packed, n, this.shape, levels, bits);
  }

  // {label, sums} of an image that is shown; {label, said, sure} of one of the gallery.
  told(i) {
    if (i < this.shown) return this.known[i];
    const n = this.others[i - this.shown];
    const { labels, said, sure } = this.gallery;
    return { label: labels[n], said: said[n], sure: sure[n] };
  }

  // Minivit's sums of every array, of an image that is shown.
  sums(i) {
    const { values, gradients } = this.known[i].sums;
    const numbers = (base64) =>
      new Float64Array(Uint8Array.from(atob(base64), (one) => one.charCodeAt(0)).buffer);
    return { values: numbers(values), gradients: numbers(gradients) };
  }

  // The number of a test image; "" of another, and of null.
  number(i) {
    const name = this.known[i]?.name ?? this.numbers[this.others[i - this.shown]];
    return typeof name === "number" ? name : "";
  }

  name(i) {
    return this.number(i) === ""
      ? this.known[i].name
      : say("gallery.name", { number: this.number(i) });
  }
}

// Image i as a link that makes it the page's image, or changes something else.
function image_link(app, i, height, words = [], changes = { image: i }) {
  const { c, images, state, told } = app;
  const name = images.name(i).slice(0, 80);
  const canvas = element("canvas", { "aria-hidden": "true" });
  draw_image(canvas, images.at(i), told.ink, (height * c.image[1]) / c.image[0]);
  const is_there = i < app.runs.count;
  const link = element(
    is_there ? "a" : "span",
    {
      class: "thumb",
      title: name,
      role: is_there ? null : "img",
      "aria-label": [name, ...words].join(", "),
      "aria-current": i === state.image ? "true" : null,
      "data-key": `image-${i}${words.length ? "-listed" : ""}`,
    },
    canvas,
    ...words.map((line) => element("small", {}, line)),
  );
  return is_there ? app.bound(link, changes) : link;
}
