// Words: the letters with this model's values, and the terms with formula, paper, file and place.

function words_view(app) {
  const cards = new Map(Object.keys(WORDS).map((word) => [word, word_card(app, word)]));
  const told = element("p", { class: "quiet", role: "status" });
  const groups = GROUPS_OF_WORDS.map((group) =>
    element(
      "section",
      {},
      element("h2", {}, say(`group.${group}`)),
      element(
        "div",
        { class: "words" },
        ...[...cards].filter(([word]) => WORDS[word].group === group).map(([, card]) => card),
      ),
    ),
  );
  const find = (text) => {
    for (const card of cards.values())
      card.hidden = !card.textContent.toLowerCase().includes(text.trim().toLowerCase());
    for (const group of groups) group.hidden = !group.querySelector("article:not([hidden])");
    const count = [...cards.values()].filter((card) => !card.hidden).length;
    told.textContent = say("words.found", { count, all: cards.size });
  };
  const field = element("input", {
    type: "search",
    id: "find-word",
    "data-key": "find-word",
    oninput: () => find(field.value),
  });
  find("");
  const chosen = cards.get(app.state.name);
  if (chosen) setTimeout(() => show_word(chosen));
  return element(
    "div",
    { class: "view" },
    element("h1", { tabindex: -1 }, say("view.words")),
    element("p", { class: "lead" }, say("lead.words")),
    letters_panel(app),
    element(
      "div",
      { class: "choice" },
      element("label", { for: "find-word" }, say("words.find")),
      field,
      told,
    ),
    ...groups,
  );
}

// The word of the address comes into sight, with the focus on its name.
function show_word(card) {
  card.classList.add("chosen");
  card.querySelector("h3 a").focus({ preventScroll: true });
  card.scrollIntoView({ block: "center" });
}

function letters_panel(app) {
  return element(
    "details",
    { class: "panel", open: !app.state.name },
    element("summary", {}, say("words.letters")),
    scrolling(
      say("words.letters"),
      element(
        "table",
        { class: "numbers letters" },
        table_head(["words.letter", "words.meaning", "words.value"].map((key) => say(key))),
        element(
          "tbody",
          {},
          ...Object.entries(letters_of_model(app.c)).map(([letter, value]) =>
            element(
              "tr",
              {},
              element("th", { scope: "row" }, formula(letter)),
              element("td", {}, say(`letter.${letter}`)),
              element("td", {}, value),
            ),
          ),
        ),
      ),
    ),
  );
}

function word_card(app, word) {
  const { formula: letters, from, file } = WORDS[word];
  return element(
    "article",
    { class: "panel word", "data-word": word },
    element(
      "h3",
      {},
      element(
        "a",
        { href: app.link({ view: "words", name: word }), "data-key": `word-${word}` },
        say(`word.${word}`),
      ),
    ),
    element("p", {}, say(`word.${word}.about`)),
    element("p", { class: "formula" }, formula(letters)),
    word === "crossentropy" ? quiet_line(labels_of_training(app)) : null,
    element("p", {}, say("words.see"), " ", ...places_of_word(app, word)),
    element("p", { class: "quiet" }, from ? source_words(from) : say("words.no_paper")),
    element("code", { class: "quiet" }, file),
  );
}

// Links to the array and the view in which a word is seen.
function places_of_word(app, word) {
  const { view } = WORDS[word];
  const name = array_of_word(app.trace, word);
  const own = { slice: 0, cell: null };
  const links = [
    name && element("a", { href: app.link({ ...own, view: "forward", name }) }, name),
    view && element("a", { href: app.link({ ...own, view, name: null }) }, say(`view.${view}`)),
  ].filter(Boolean);
  if (!links.length) return [say("words.absent")];
  return links.flatMap((link, i) => (i ? [", ", link] : [link]));
}

function source_words([paper, section, equation]) {
  return [
    PAPERS[paper],
    section && say("words.section", { section }),
    equation && say("words.equation", { equation }),
  ]
    .filter(Boolean)
    .join(", ");
}

// From an array to the word for it.
function word_link(app, name) {
  const word = word_of(name);
  if (!word) return null;
  const changes = { view: "words", name: word, slice: 0, cell: null };
  const link = element("a", { href: app.link(changes) }, say(`word.${word}`));
  const places = { name: last_part(name), word: link };
  return element("p", { class: "quiet" }, ...say_with("words.open", places));
}
