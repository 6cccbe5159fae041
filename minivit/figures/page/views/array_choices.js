// Which part of an array is shown, and choices in general.

// In Backward: the gradient, the value, the product of both, or what a step of SGD would add.
function shown_array(app, name, back) {
  const value = array_of(app.trace, name, false);
  if (!back || app.state.show === "value") return value;
  const gradient = array_of(app.trace, name, true);
  if (app.state.show === "product") return mapped(value, (x, i) => x * gradient.data[i]);
  return app.state.show === "update" ? step_of(gradient, app.state.rate) : gradient;
}

function shown_choice(app) {
  const { state } = app;
  const made = choice(
    say("show"),
    SHOWN_GRADIENTS.map((show) => [say(`show.${show}`), { show }, state.show === show]),
    app,
  );
  if (state.show === "update") made.append(rate_field(app));
  return made;
}

// The learning rate of the step that is shown.
function rate_field(app) {
  const field = element("input", {
    type: "text",
    inputmode: "decimal",
    class: "rate",
    value: String(app.state.rate),
    "data-key": "rate",
    onchange: () => {
      const rate = rate_from(field.value);
      if (rate === null) field.value = String(app.state.rate);
      else app.go({ rate });
    },
  });
  return element("label", { class: "check-label" }, say("show.rate"), field);
}

function slice_choice(app, name, { slices, slice }) {
  if (slices < 2) return null;
  const what = say(name === "patchify.images" ? "axis.channel" : "axis.head");
  return choice(
    what,
    range(slices).map((i) => [String(i), { name, slice: i }, i === slice]),
    app,
  );
}

// Links that stand for the values of one thing: [[text, changes of the state, is it now], ...].
function choice(what, options, app) {
  return element(
    "div",
    { class: "choice", role: "group", "aria-label": what },
    element("span", { class: "quiet" }, what),
    ...options.map(([text, changes, is_now]) =>
      app.bound(
        element(
          "a",
          { "aria-current": is_now ? "true" : null, "data-key": `${what}-${text}` },
          text,
        ),
        changes,
      ),
    ),
  );
}

const NUMBER_WIDTH = 84; // pixels of a column

// The numbers around the cursor as a table, of as many columns as have room.
function table_of(x, view, map) {
  const holder = scrolling(say("as_table"));
  const details = element(
    "details",
    {
      ontoggle: () => {
        if (!details.open) return;
        const [row, column] = map.cell;
        const most = Math.min(Math.max(Math.floor((holder.clientWidth - 40) / NUMBER_WIDTH), 3), 9);
        const [first, left] = [Math.max(0, row - 6), Math.max(0, column - (most >> 1))];
        const columns = range(Math.min(most, view.columns - left)).map((j) => left + j);
        holder.replaceChildren(
          element(
            "table",
            { class: "numbers" },
            table_head(["", ...columns]),
            element(
              "tbody",
              {},
              ...range(Math.min(13, view.rows - first)).map((i) =>
                element(
                  "tr",
                  {},
                  element("th", { scope: "row" }, first + i),
                  ...columns.map((j) =>
                    element("td", {}, number_text(view.data[(first + i) * view.columns + j])),
                  ),
                ),
              ),
            ),
          ),
        );
      },
    },
    element("summary", {}, say("as_table")),
    holder,
  );
  return details;
}
