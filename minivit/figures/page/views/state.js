// What is looked at, held by the address: #forward/blocks.1.attention.scores/h2/5,7/i1/logit-3
//
// view, name of an array, h: which slice of its first axis, row and column in it, i: which image,
// what is differentiated; of attention b: block, t: token, s: the block that rollout starts at, and
// two switches; of why t; of change the row and column of a pixel, and two switches; of training b,
// e: snapshot, and a switch; of words the name of one; of backward the rate of a step; of compare
// what stands beside: with-i3 (an image) or with-run1. tour-3 is the step of the tour that stands
// above the view. Every part but the view may be missing.

const VIEWS = [
  "overview",
  "forward",
  "backward",
  "attention",
  "why",
  "change",
  "lens",
  "training",
  "model",
  "mistakes",
  "compare",
  "words",
];

function state_of(hash) {
  const [view, ...pieces] = decoded(hash.replace(/^#/, "")).split("/");
  const state = {
    view: VIEWS.includes(view) ? view : "overview",
    name: null,
    slice: 0,
    cell: null,
    image: 0,
    loss: null,
    show: "gradient",
    block: null,
    token: null,
    start: 0,
    snapshot: null,
    switches: [],
    tour: null,
    rate: RATE,
    beside: null,
  };
  for (const piece of pieces) {
    if (/^h\d+$/.test(piece)) state.slice = Number(piece.slice(1));
    else if (/^[ibtse]\d+$/.test(piece)) state[NUMBERED[piece[0]]] = Number(piece.slice(1));
    else if (/^tour-\d+$/.test(piece)) state.tour = Number(piece.slice(5));
    else if (Object.hasOwn(SWITCHES, piece)) state.switches.push(piece);
    else if (/^\d+,\d+$/.test(piece)) state.cell = piece.split(",").map(Number);
    else if (/^(cross-entropy|logit|difference)-/.test(piece)) state.loss = loss_from(piece);
    else if (SHOWN_GRADIENTS.includes(piece)) state.show = piece;
    else if (/^with-(i|run)\d+$/.test(piece)) state.beside = beside_from(piece);
    else if (/^rate-/.test(piece)) state.rate = rate_from(piece.slice(5)) ?? RATE;
    else if (piece) state.name = piece;
  }
  return state;
}

// An address that somebody has typed may be no address.
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

const NUMBERED = { i: "image", b: "block", t: "token", s: "start", e: "snapshot" };
const SWITCHES = {
  "from-keys": "attention",
  "own-scales": "attention",
  "since-start": "training",
  "whole-patch": "change",
  cover: "change",
};
const SHOWN_GRADIENTS = ["gradient", "value", "product", "update"];
const RATE = 0.1; // of the step that "update" shows

// A learning rate above 0, or null.
function rate_from(text) {
  const rate = Number(text);
  return rate > 0 && Number.isFinite(rate) ? rate : null;
}

// "with-run1" -> ["run", 1]
function beside_from(piece) {
  const [, kind, number] = /^with-(i|run)(\d+)$/.exec(piece);
  return [kind, Number(number)];
}

function loss_from(piece) {
  const kind = /^(cross-entropy|logit|difference)/.exec(piece)[0];
  const [label, other] = piece
    .slice(kind.length + 1)
    .split("-")
    .map(Number);
  return { kind, label, other: other ?? null };
}

const WITH_ARRAYS = ["forward", "backward", "compare"];
const WITH_NAMES = [...WITH_ARRAYS, "words"];
const WITH_BLOCKS = ["attention", "training", "compare"];
const WITH_TOKENS = ["attention", "compare", "why"];
const WITH_CELLS = [...WITH_ARRAYS, "lens", "mistakes", "model", "change"];

// What a link to another view changes: an array and a place in it mean nothing elsewhere.
function way_to(view, from) {
  const alike = view === from || (WITH_ARRAYS.includes(view) && WITH_ARRAYS.includes(from));
  return alike ? { view } : { view, name: null, cell: null, slice: 0 };
}

// What a link to another image changes: in Mistakes the cell goes with the image.
function way_to_image(image, { view }) {
  return view === "mistakes" ? { image, cell: null } : { image };
}

// The state's switches with this one on or off.
function switched({ switches }, name, on) {
  return [...switches.filter((one) => one !== name), ...(on ? [name] : [])];
}

function hash_of(state) {
  const { view, name, slice, cell, image, loss, show, block, token, start, switches } = state;
  const pieces = [view];
  if (block !== null && WITH_BLOCKS.includes(view)) pieces.push(`b${block}`);
  if (view === "training" && state.snapshot !== null) pieces.push(`e${state.snapshot}`);
  if (WITH_TOKENS.includes(view) && token !== null) pieces.push(`t${token}`);
  if (view === "attention" && start) pieces.push(`s${start}`);
  pieces.push(...switches.filter((one) => SWITCHES[one] === view));
  if (name && WITH_NAMES.includes(view)) pieces.push(name);
  if (slice) pieces.push(`h${slice}`);
  if (cell && WITH_CELLS.includes(view)) pieces.push(cell.join(","));
  if (image) pieces.push(`i${image}`);
  if (state.beside && view === "compare") pieces.push(`with-${state.beside.join("")}`);
  if (loss) {
    const other = loss.kind === "difference" ? `-${loss.other}` : "";
    pieces.push(`${loss.kind}-${loss.label}${other}`);
  }
  if (view === "backward" && show !== "gradient") pieces.push(show);
  const has_rate = view === "backward" && show === "update" && state.rate !== RATE;
  if (has_rate) pieces.push(`rate-${state.rate}`);
  if (state.tour) pieces.push(`tour-${state.tour}`);
  return `#${pieces.join("/")}`;
}
