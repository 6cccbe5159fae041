// What Runs gives, where what takes long is asked of the worker. What is short stays here, and is
// drawn at once.

const LONG_WORK = 2e7; // multiplications: about 40 ms, when a page begins to feel slow
const FEW = 3; // passes, as many as a forward and a backward

class WorkerRuns extends Runs {
  constructor({ questions, ...given }) {
    super(given);
    this.questions = questions;
  }

  // By a count and not by the clock, so that a page does the same each time.
  is_long(passes, c = this.model.config) {
    return this.questions.works && passes * multiplications(c) > LONG_WORK;
  }

  asked(passes, method, ...args) {
    if (!this.is_long(passes)) return super[method](...args);
    return this.questions.ask(passes, method, args).answer;
  }

  // The same of a trace, which belongs to this model.
  traced(model_of_it, method, ...args) {
    if (!this.is_long(1, model_of_it().config)) return super[method](...args);
    const found = this.questions.ask(1, method, args);
    return (found.trace ??= trace_told(model_of_it(), found.answer));
  }

  forward(i) {
    return this.traced(() => this.model, "forward", i);
  }
  of_run(run, i) {
    return this.traced(() => this.other(run).model, "of_run", run, i);
  }
  of_snapshot(n, i) {
    return this.traced(() => this.snapshots.at(n), "of_snapshot", n, i);
  }
  after(i, changes) {
    return this.traced(() => this.model, "after", i, changes); // the weights that aren't changed
  }

  gradients(i, loss) {
    return this.asked(FEW, "gradients", i, loss);
  }
  pull(i, changes, loss) {
    return this.asked(FEW, "pull", i, changes, loss);
  }
  check(i) {
    return this.asked(FEW, "check", i);
  }
  checked(i, loss, name, index) {
    return this.asked(FEW + 2, "checked", i, loss, name, index);
  }

  // Two steps of the tour cover each patch: of a small model that isn't long.
  asks(i, step) {
    if (!this.is_long(FEW)) return super.asks(i, step);
    const covers = ["why", "change"].includes(step);
    const passes = covers ? FEW + this.model.config.patches : FEW;
    return this.questions.ask(passes, "asks", [i, step]).answer;
  }

  rollout(i, start) {
    const { tokens, depth } = this.model.config;
    const products = depth * tokens ** 3;
    return this.asked(products / multiplications(this.model.config), "rollout", i, start);
  }

  // A covered image for each patch; and in the first, forward and backward from node to node.
  reasons(i, target) {
    const { patches } = this.model.config;
    return this.asked(FEW * (NODES + 1) + patches + 3, "reasons", i, target);
  }
  deletion(i, target, maps) {
    const passes = Object.keys(maps).length * (this.model.config.patches + 1);
    return this.asked(passes, "deletion", i, target, maps);
  }

  // The worker has timed it.
  patience(i) {
    return this.is_long(1) ? this.passes * this.questions.pace : super.patience(i);
  }
}
