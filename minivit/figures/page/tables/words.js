// The words of the field that the page uses, and where each is seen.
//
// WORDS[word] = {group, formula, from: [paper, section, equation], file, of, view}: `file` holds
// it, `of` are the arrays that it speaks of (kind of place, array), `view` shows it elsewhere.

const GROUPS_OF_WORDS = ["input", "attention", "block", "answer", "backward", "looking"];
const WORDS = { ...WORDS_OF_MODEL, ...WORDS_OF_LOOKING };

// The word that speaks of an array or a parameter; undefined where none does.
function word_of(name) {
  const kind = `${kind_of(place_of(name))}.${last_part(name)}`;
  return Object.keys(WORDS).find((word) => WORDS[word].of.includes(kind));
}

// The last array, or parameter, of a trace that a word speaks of; undefined where there is none.
function array_of_word(t, word) {
  const { of } = WORDS[word];
  const names = [...Object.keys(t.model.parameters), ...Object.keys(t.values)];
  const kinds = names.map((name) => `${kind_of(place_of(name))}.${last_part(name)}`);
  return of.map((one) => names[kinds.lastIndexOf(one)]).find(Boolean);
}

// What the letters count, in this model.
function letters_of_model(c) {
  const patch = c.patch[0] === c.patch[1] ? c.patch[0] : c.patch.join(" × ");
  return {
    B: 1,
    N: c.patches,
    T: c.tokens,
    D: c.width,
    H: c.heads,
    K: c.head_width,
    M: c.mlp,
    L: c.depth,
    C: c.classes,
    P: patch,
    channels: c.channels,
  };
}
