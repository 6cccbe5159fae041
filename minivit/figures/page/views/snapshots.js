// The snapshots of the page: the same model at moments of its training, with rounded weights.

class Snapshots {
  constructor({ learning, parameters }, model) {
    Object.assign(this, { ...learning?.snapshots, shapes: parameters, model });
    this.models = new Map();
  }

  get count() {
    return this.epochs?.length ?? 0;
  }

  // Each is decoded when it is first asked for, and kept.
  at(i) {
    if (!this.models.has(i)) {
      const bytes = bytes_of(text_of(`snapshot-${i}`));
      const parameters = decoded_snapshot(bytes, this.shapes, this.kind);
      this.models.set(i, { ...this.model, parameters });
    }
    return this.models.get(i);
  }
}
