// The last two steps of the tour, which cover patches. (tour.js has the others.)

// Of the class that the model says: the score that each patch is worth, found once for a look.
function occluded(look) {
  const { t, model, image, ink } = look;
  look.said ??= largest_at(t.logits.data);
  look.occlusion ??= occlusion(model, image, look.said, baseline(image, ink));
  return look.occlusion;
}

// Whether attention and occlusion name the same patch; without blocks |gradient| stands for the
// first.
function asks_of_reasons(look) {
  const { t, model, image } = look;
  const worth = occluded(look);
  const kind = model.config.depth ? "rollout" : "saliency";
  const map = model.config.depth
    ? to_patches(rollout(attention_of(t)), t)
    : over_patches(model.config, mapped(saliency(model, image, look.said), Math.abs));
  const [one, other] = [map, worth].map(largest_at);
  return {
    choices: ["same", "other"],
    right: Number(one !== other),
    facts: { said: look.said, kind, one, other, correlation: correlation(map, worth) },
    at: { view: "why" },
  };
}

// Whether the answer stays when the patch that is worth most is covered.
function asks_of_change(look) {
  const { t, model, image, ink } = look;
  const patch = largest_at(occluded(look));
  const change = { kind: "patch", n: patch, level: 0 };
  const covered_image = changed(model, image, [change], ink).image;
  const found = same_or_other(t, new Trace(model, covered_image));
  return { ...found, facts: { ...found.facts, patch, change }, at: { view: "change" } };
}
