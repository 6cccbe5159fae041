// What Runs gives, from what was recorded: the page holds no weights to run.

const WITHOUT_WEIGHTS = ["change", "tour"]; // they ask the model what it was never asked

class RecordedRuns extends Runs {
  constructor({ recording, ...given }) {
    super(given);
    this.recording = recording;
  }

  get count() {
    return this.images.shown;
  }

  shows(view) {
    return !WITHOUT_WEIGHTS.includes(view);
  }

  // One loss was derived: of the label, or of what the model says.
  derives() {
    return false;
  }

  usual_loss(i) {
    const { label, logits } = this.told.images[i];
    return { kind: "cross-entropy", label: label ?? largest_at(logits) };
  }

  forward(i) {
    if (!this.kept.has(i)) {
      const told = this.told.images[i];
      const of_image = {
        told,
        front: this.recording.told.find(({ image }) => image === i).name,
        blocks: this.told.recorded.blocks,
        find: (name, gradient) => this.recording.find(i, name, gradient),
      };
      const { model, images } = this;
      this.kept.set(i, new RecordedTrace(model, images.at(i), this.usual_loss(i), of_image));
    }
    return this.kept.get(i);
  }

  backward(i) {
    return this.forward(i);
  }

  lens(i) {
    return this.recording.find(i, "lens");
  }

  rollout(i, start) {
    return rows(this.recording.find(i, "rollout"))[start];
  }

  targets(i) {
    return Object.keys(this.told.images[i].reasons).map(Number);
  }
  get passes() {
    return 0;
  }

  reasons(i, target) {
    const { maps, sum, difference } = this.told.images[i].reasons[target];
    const found = maps.map((key) => [key, this.recording.find(i, `why.${target}.${key}`).data]);
    return { maps: Object.fromEntries(found), sum, difference };
  }

  deletion(i, target, maps) {
    const curve = (key) => [...this.recording.find(i, `why.${target}.${key}.curve`).data];
    const curves = Object.keys(maps).map((key) => [key, curve(key)]);
    return { counts: this.told.images[i].reasons[target].counts, curves };
  }
}
