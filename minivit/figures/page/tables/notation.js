// Formulas as the tables write them, "scores = q · kᵀ / √K", read as MathML.
//
// A node is [tag, attributes, ...children]; a child is a node or text. A string between nodes is a
// space, at which a line may break; it is empty behind an operator, which has its own room.

const INFIX = "=+−±·/→←,;:";
const CLOSING = { "(": ")", "[": "]", "|": "|" };
const SCRIPTS = {
  ...{ _: ["msub"], "^": ["msup"], "²": ["msup", "2"], ᵀ: ["msup", "T"] },
  ...{ "₀": ["msub", "0"], "₁": ["msub", "1"], "₂": ["msub", "2"] },
};
const ROOM = { ":": { lspace: "0" }, "·": { lspace: "0.2em", rspace: "0.2em" } };
const MANY = 8; // nodes between brackets: so many let a line break there

// What a line may not break: words, spaces, and nodes of a <math> each.
function pieces_of(text) {
  const pieces = [[]];
  const put = (node) => {
    if (typeof node === "string") pieces.push(node || " ", []);
    else if (node[1].is_wide) node.slice(2).forEach(put);
    else pieces.at(-1).push(...unbroken([node]));
  };
  nodes_of(text).forEach(put);
  return pieces.map((piece) => {
    if (typeof piece === "string") return piece;
    const [tag, told, word] = piece.at(-1);
    if (told.form) told.rspace = "0"; // the space behind the piece is room enough
    const is_word = tag === "mi" && !told.class && piece.length === 1;
    return is_word ? word : ["math", {}, ...piece];
  });
}

function nodes_of(text) {
  const tokens = text.match(/[a-z][a-z\d']*[\u0302′]?|\d+|./giu);
  let i = 0;
  const skip_space = () => tokens[i] === " " && i++;

  // What stands in front of a closing bracket, or of the end.
  const row = (end) => {
    const nodes = [];
    let term = 0; // where it begins
    while (tokens[i] !== end) {
      const token = tokens[i];
      const last = nodes.findLast(Array.isArray);
      if (INFIX.includes(token)) {
        i++;
        const form = !last || last[1].form || token === "±" ? "prefix" : "infix";
        if (form === "infix" && nodes.at(-1) === " ") nodes.pop();
        if (token === "/" && !end) divide(nodes, term);
        else nodes.push(["mo", { form, ...ROOM[token] }, token]);
        if (!"·/".includes(token)) term = nodes.length;
      } else nodes.push(skip_space() ? (last?.[1].form ? "" : " ") : operand());
    }
    i++;
    return nodes;
  };

  // The term so far goes above a line; of d a / d b it is d a alone.
  const divide = (nodes, term) => {
    skip_space();
    const is_slope = tokens[i] === "d" && nodes.at(-1)[0] === "mrow";
    const above = nodes.splice(is_slope ? -1 : term + (nodes[term] === ""));
    nodes.push(["mfrac", { displaystyle: "true" }, bare(above), bare([operand()])]);
  };

  const operand = () => {
    const token = tokens[i++];
    if (token === "√") return ["msqrt", {}, bare([operand()])];
    if ("Σ∫d".includes(token)) {
      skip_space();
      const room = tokens[i] === "over" ? "0.35em" : "0.15em"; // in front of a word
      const sign = ["mo", { lspace: "0", rspace: room }, token];
      return token === "d" ? ["mrow", {}, sign, operand()] : sign;
    }
    if (!(token in CLOSING)) return scripted(name(token));
    const inner = row(CLOSING[token]);
    const told = { is_wide: inner.length >= MANY };
    return ["fence", told, bracket(token), ...inner, bracket(CLOSING[token])];
  };

  // w_outᵀ, tokens₀, 10000^(−i / n)
  const scripted = (node) => {
    const [tag, text] = SCRIPTS[tokens[i]] ?? [];
    if (!tag) return node;
    const is_row = tokens[++i] === "(";
    const script = text ? upright(text) : is_row ? bare([operand()]) : name(tokens[i++]);
    const [under, , ...parts] = node;
    const both = under === "msub" && ["msubsup", {}, ...parts, script];
    return scripted(both || [tag, {}, node, script]);
  };

  // Single letters are italic, words upright; the number behind a letter is its index.
  const name = (token) => {
    const [letter, mark, index] = /^[a-z](\u0302?)(\d?)$/i.exec(token) ?? [];
    if (mark) return ["mover", {}, name(letter[0]), bracket("ˆ")];
    if (index) return ["msub", {}, name(letter[0]), upright(index)];
    if (letter) return ["mi", { class: "letter" }, letter];
    if (/^[a-z\d…]/i.test(token ?? "")) return upright(token);
    throw new Error(`no formula: "${text}", token ${i}`);
  };
  return row();
}

function upright(text) {
  return [/^\d/.test(text) ? "mn" : "mi", {}, text];
}

// Brackets don't grow: for that a font of mathematics would be needed.
function bracket(text) {
  return ["mo", { stretchy: "false" }, text];
}

// Nodes without a place to break at.
function unbroken(nodes) {
  return nodes.flatMap((node) => {
    if (typeof node === "string") return node ? [["mtext", {}, "\u00a0"]] : [];
    return node[0] === "fence" ? unbroken(node.slice(2)) : [node];
  });
}

// One node of many, without the brackets around them all.
function bare(nodes) {
  const [[tag, , , ...inner]] = nodes;
  const tight = unbroken(tag === "fence" && nodes.length === 1 ? inner.slice(0, -1) : nodes);
  return tight.length === 1 ? tight[0] : ["mrow", {}, ...tight];
}
