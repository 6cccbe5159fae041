// What takes long is worked out in a worker, so that the page never stands still.
//
// The worker runs the page's own script, and has Runs of its own. It is given once
//     {texts}           what the page's elements hold, by their ids
// and is then asked one question after the other:
//     {method, args}    a method of Runs, and what it is given
// It says
//     {done}            how many passes it has done: after each block, and once when it has begun
//     {answer, bytes}   what the method returned, of a trace `values` and `homes`; and how large
//     {error}           why it returned nothing

// In the worker: what it does.
function answer_questions() {
  let runs = null;
  let done = 0;
  onmessage = ({ data: { texts, method, args } }) => {
    if (texts) {
      Object.assign(GIVEN, { texts });
      runs = new Runs({ ...loaded(), most: 1 });
      const part = 1 / runs.model.config.depth;
      Trace.watch = (place, back) => {
        if (kind_of(place) === "mlp") postMessage({ done: (done += back ? 2 * part : part) });
      };
      postMessage({ done });
      return;
    }
    done = 0;
    try {
      const numbers = [];
      const answer = to_send(runs[method](...args), numbers);
      const bytes = numbers.reduce((sum, { byteLength }) => sum + byteLength, 0);
      postMessage({ answer, bytes }, numbers);
    } catch (error) {
      postMessage({ error: String(error) });
    }
  };
}

// A copy to give away; the buffers of its arrays are added to `numbers`.
function to_send(x, numbers) {
  if (x instanceof Trace) {
    const homes = Object.entries(x.noted).map(([place, { home }]) => [place, home]);
    return { values: to_send(x.values, numbers), homes };
  }
  if (ArrayBuffer.isView(x)) {
    const copy = x.slice();
    numbers.push(copy.buffer);
    return copy;
  }
  if (Array.isArray(x)) return x.map((one) => to_send(one, numbers));
  if (x === null || typeof x !== "object") return x;
  return Object.fromEntries(Object.entries(x).map(([key, one]) => [key, to_send(one, numbers)]));
}

// In the page: a trace, from what the worker told of it. It has no caches: its gradients come from
// the worker too.
function trace_told(model, { values, homes }) {
  const t = Object.create(Trace.prototype);
  const noted = Object.fromEntries(homes.map(([place, home]) => [place, { home }]));
  const logits = values["head.logits"];
  return Object.assign(t, { model, nudge: null, values, gradients: {}, noted, logits });
}

// A worker that has been given the page. Throws where a page may have none.
function begun_worker() {
  const script = document.querySelector("script:not([type])").textContent;
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const worker = new Worker(url);
  const elements = [...document.querySelectorAll("script[id]")];
  const texts = Object.fromEntries(elements.map(({ id, textContent }) => [id, textContent]));
  worker.postMessage({ texts });
  return worker;
}
