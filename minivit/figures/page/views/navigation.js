// The links to all views, in groups.

const GROUPS_OF_VIEWS = {
  look: ["overview", "forward", "backward", "attention", "lens"],
  ask: ["why", "mistakes", "compare"],
  change: ["change"],
  learn: ["training", "model", "words"],
};

function navigate(app) {
  const { nav } = app;
  nav.replaceChildren(
    ...Object.entries(GROUPS_OF_VIEWS).map(([group, views]) =>
      element(
        "div",
        { role: "group", "aria-labelledby": `views-${group}` },
        element("span", { id: `views-${group}`, class: "quiet" }, say(`views.${group}`)),
        element(
          "div",
          {},
          ...views.filter((view) => VIEWS.includes(view)).map((view) => view_link(app, view)),
        ),
      ),
    ),
  );
}

function view_link(app, view) {
  const { state } = app;
  const link = element(
    "a",
    { "aria-current": view === state.view ? "page" : null, "data-key": `view-${view}` },
    say(`view.${view}`),
  );
  return app.bound(link, way_to(view, state.view));
}
