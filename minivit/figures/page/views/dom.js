// Elements and sentences. Text is only ever set as text: names come from files.

const SVG = "http://www.w3.org/2000/svg";

// element("a", {href: "#overview", class: "link", onclick}, "text", child, ...)
function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

function svg_element(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== null && value !== false && value !== undefined)
      made.setAttribute(name, value);
  }
  made.append(...present(children));
  return made;
}

// Children without those that are absent.
function present(children) {
  return children.flat().filter((child) => child !== null && child !== undefined);
}

// Other children for an element; one that stays is left where it is.
function refill(made, children) {
  const i = children.findIndex((one) => one.parentNode === made);
  for (const one of [...made.children]) if (one !== children[i]) one.remove();
  children.forEach((one, j) => (j < i ? children[i].before(one) : j > i && made.append(one)));
}

// A name that came from a file: it can't turn the direction of what stands around it.
function named(text, most = 60) {
  const shown = text.length > most ? `${text.slice(0, most - 1)}…` : text;
  return element("bdi", { title: shown === text ? null : text }, shown.replace(/\s+/g, " "));
}

// A line of less weight, if there is something to say.
function quiet_line(text) {
  return text && element("p", { class: "quiet" }, text);
}

// What may be wider than the page: it scrolls, by the keyboard too.
function scrolling(label, ...children) {
  const told = { class: "scroll", tabindex: 0, role: "region", "aria-label": label };
  return element("div", told, ...children);
}

// The head of a table; a corner without words stays empty.
function table_head(heads) {
  const cells = heads.map((text) =>
    text === "" ? element("td", {}) : element("th", { scope: "col" }, text),
  );
  return element("thead", {}, element("tr", {}, ...cells));
}

const SENTENCES = {};

// A sentence by its key, with what stands in braces filled in.
function say(key, places = {}) {
  return SENTENCES[key].replace(/\{(\w+)\}/g, (_, name) => String(places[name]));
}

// The same with elements in the braces: a list to append. What stands twice is copied.
function say_with(key, places) {
  const filled_in = (name) => places[name].cloneNode?.(true) ?? places[name];
  return SENTENCES[key].split(/\{(\w+)\}/).map((part, i) => (i % 2 ? filled_in(part) : part));
}

// A number as it is read: 4 digits, a true minus.
function number_text(x, digits = 4) {
  if (x === 0) return "0";
  const size = Math.abs(x);
  const text = size >= 1e5 || size < 1e-3 ? x.toExponential(digits - 1) : x.toPrecision(digits);
  return text.replace("e+", "e").replaceAll("-", "−");
}

function shape_text(shape) {
  return shape.length ? shape.join(" × ") : "1";
}

function percent(part) {
  if (part === 0) return "0\u00a0%";
  return `${(100 * part).toFixed(percent_digits(part))}\u00a0%`;
}

function percent_digits(part) {
  return part >= 0.1 && part < 0.9995 ? 0 : 1;
}

// A part of the page that a screen reader is told of when it has come to rest.
let announcing = 0;
function announce(text) {
  clearTimeout(announcing);
  announcing = setTimeout(() => {
    document.getElementById("live").textContent = text;
  }, 150);
}

// Offer bytes as a file.
function download(name, blob) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
