// The positions of several runs beside each other, on one scale. (ViT paper, figure 10.)

function positions_of_runs(app, cosines) {
  const { told, c } = app;
  const all = [[told.name, cosines]];
  told.others.forEach((other, i) => {
    const vectors = added_vectors(model_of(other, `weights-${i}`));
    if (vectors) all.push([other.name, similarity(vectors)]);
  });
  if (!told.others.length) return [];
  const scale = scale_of(all.flatMap(([, of_run]) => of_run.flatMap((row) => [...row])));
  const pictures = all.map(([name, of_run]) => {
    const r = nearness(of_run, c.grid).toFixed(2).replace("-", "−");
    const words = say("training.positions.told", { r });
    return element(
      "figure",
      { class: "tile run" },
      element("figcaption", {}, named(name, 40)),
      likeness_picture(c.grid, of_run, scale, words),
      element("p", { class: "quiet" }, words),
    );
  });
  return [
    element("h3", {}, say("model.runs")),
    element("div", { class: "plots" }, ...pictures),
    legend(scale, say("training.cosine")),
    element("p", { class: "quiet" }, say("model.runs.about", { count: all.length })),
  ];
}
