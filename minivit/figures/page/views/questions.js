// The questions that the page has put to its worker, and what waits for the answers.
//
// A view is written as if every number were there. What isn't there yet is thrown as Unanswered;
// draw_when_there catches it, says that it is worked out, and draws again when it is.
// What no part of the page waits for any more is given up: its worker is ended.

const QUIET = 100; // milliseconds without another change, before a question is begun anew
const LARGE = 1e6; // bytes of an answer: traces and their gradients
const KEPT_LARGE = 6;

class Unanswered {
  constructor(question) {
    this.question = question;
  }
}

class Failed extends Error {}

class Questions {
  constructor() {
    this.answers = new Map(); // by the question; the last is the one that was asked for last
    this.waiting = new Map(); // {question, draw, told}, by the part of the page
    this.running = null; // the question that the worker is at
    this.worker = null;
    this.has_begun = false; // a worker, ever
    this.works = typeof Worker === "function";
    this.pace = Infinity; // seconds of a pass through the model
  }

  // {answer, error}, if it is there. `passes`: through the model, about.
  ask(passes, method, args) {
    const key = JSON.stringify([method, ...args]);
    const found = this.answers.get(key);
    if (!found) throw new Unanswered({ key, passes, method, args });
    this.answers.delete(key);
    if (found.error) throw new Failed(found.error);
    this.answers.set(key, found);
    return found;
  }

  // `draw` is called when it is answered, `told` with the passes that are done, if the part is
  // still in the page then.
  wait(part, question, draw, told) {
    this.waiting.set(part, { question, draw, told });
    queueMicrotask(() => this.see_to_it());
  }

  // What is waited for is worked out, the shortest first, and nothing else.
  see_to_it() {
    for (const part of this.waiting.keys()) if (!part.isConnected) this.waiting.delete(part);
    const wanted = [...this.waiting.values()].map(({ question }) => question);
    wanted.sort((a, b) => a.passes - b.passes);
    const is_running = ({ key }) => key === this.running?.key;
    if (this.running && !wanted.some(is_running)) {
      this.end();
      this.gave_up = true;
    }
    clearTimeout(this.beginning);
    if (this.running || !wanted.length) return;
    this.beginning = setTimeout(() => this.begin(wanted[0]), this.gave_up ? QUIET : 0);
  }

  begin(question) {
    const { method, args } = question;
    this.gave_up = false;
    try {
      this.worker ??= this.new_worker();
    } catch {
      this.without();
      return;
    }
    this.running = question;
    this.since = performance.now();
    this.worker.postMessage({ method, args });
  }

  new_worker() {
    const worker = begun_worker();
    worker.onmessage = ({ data }) => {
      if (worker !== this.worker) return; // it was ended
      this.has_begun = true;
      if ("done" in data) this.tell(data.done);
      else this.answered(data);
    };
    worker.onerror = (event) => {
      if (worker !== this.worker) return;
      event.preventDefault();
      this.worker = null;
      if (this.has_begun) this.answered({ error: event.message });
      else this.without();
    };
    return worker;
  }

  end() {
    this.worker.terminate();
    this.worker = this.running = null;
  }

  tell(done) {
    for (const { question, told } of this.waiting.values())
      if (question.key === this.running?.key) told(done);
  }

  answered(data) {
    const { key, passes } = this.running;
    this.running = null;
    this.pace = Math.min(this.pace, (performance.now() - this.since) / 1000 / passes);
    this.answers.set(key, data);
    const large = [...this.answers.keys()].filter((one) => this.answers.get(one).bytes > LARGE);
    for (const one of large.slice(0, -KEPT_LARGE)) this.answers.delete(one);
    this.draw(({ question }) => question.key === key);
    this.see_to_it();
  }

  // A page that may have no worker works everything out itself.
  without() {
    Object.assign(this, { works: false, worker: null, running: null });
    setTimeout(() => this.draw(() => true), 30); // when it has said what it does
  }

  draw(which) {
    for (const [part, one] of [...this.waiting]) {
      if (!which(one)) continue;
      this.waiting.delete(part);
      if (part.isConnected) one.draw();
    }
  }
}

// Fill this part of the page with what `make` returns: at once, or when what it needs was worked
// out; until then with `around(words)`. `then(is_there)` is called after both.
function draw_when_there(app, part, make, { around = (words) => words, then = () => {} } = {}) {
  app.questions.waiting.delete(part);
  const fill = (is_busy, ...children) => {
    part.style.minHeight = is_busy ? `${part.offsetHeight}px` : ""; // so that nothing jumps
    part.setAttribute("aria-busy", String(is_busy));
    part.replaceChildren(...present(children));
  };
  try {
    fill(false, make());
    then(true);
  } catch (reason) {
    if (reason instanceof Failed)
      fill(false, around(element("p", {}, say("working.failed", { error: reason.message }))));
    else if (reason instanceof Unanswered) {
      const { question } = reason;
      const progress = element("progress", { max: question.passes, "aria-label": say("working") });
      fill(true, around(element("p", { class: "working" }, say("working"), progress)));
      announce(say("working"));
      const draw = () => draw_when_there(app, part, make, { around, then });
      const told = (done) => {
        progress.value = done;
      };
      app.questions.wait(part, question, draw, told);
    } else throw reason;
    then(false);
  }
}

// An element that is filled so.
function part_when_there(app, make) {
  const part = element("div", {});
  draw_when_there(app, part, make);
  return part;
}

// In place of a view whose numbers are worked out.
function view_that_waits(app, words) {
  const { view } = app.state;
  return element(
    "div",
    { class: "view waits" },
    element("h1", { tabindex: -1 }, say(`view.${view}`)),
    element("p", { class: "lead" }, say(`lead.${as_shown(app, view)}`)),
    words,
  );
}
