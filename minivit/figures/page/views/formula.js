// A formula as MathML, under its own text: that is what is selected, copied, searched and read
// aloud, for of MathML a copy has neither fractions nor roots. A line breaks between the pieces.

const MATHML = "http://www.w3.org/1998/Math/MathML";

function formula(text) {
  const parts = text.split("  "); // each a formula, or what is said of one
  return element(
    "span",
    { class: "math" },
    element("span", { class: "source" }, text),
    ...parts.map((one) =>
      element("span", { class: "drawn", "aria-hidden": "true" }, pieces_of(one).map(math_element)),
    ),
  );
}

function math_element(node) {
  if (typeof node === "string") return node;
  const [tag, attributes, ...children] = node;
  return filled(document.createElementNS(MATHML, tag), attributes, children.map(math_element));
}
