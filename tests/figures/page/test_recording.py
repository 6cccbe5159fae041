"""A page without weights: what it is told, what its script makes of that, and how far it is off."""

import json
import re

import numpy as np
import pytest
from javascript import KINDS as OTHER_KINDS
from javascript import as_told, plain, v8
from looked_at import build, images_for
from page_letters import from_letters

from minivit import InputError
from minivit.figures.page import Shown, explainer_page
from minivit.figures.page.recording import half, rounded
from minivit.figures.page.sources import LANGUAGES, mathematics, read, sentences, sentences_for
from minivit.ops import cross_entropy_backward, cross_entropy_forward

KINDS = {"cls": {}, **{kind: OTHER_KINDS[kind] for kind in (
    "mean", "mean beside cls", "sequence with cls", "flatten", "every layer", "shared",
    "head width", "no out projection", "patch norm", "overlap", "no blocks",
)}}  # fmt: skip
LABEL = 1
GLUE = """
// told: of the page; lines: the halves of every recorded array; pixels: of every image.
function recorded_runs(told, lines, pixels) {
  const recording = new Recording(told.recorded.arrays, (i) => Uint16Array.from(lines[i]));
  const { config, places } = told;
  const parameters = recording.parameters();
  const model = { config, places, parameters, off: told.recorded.off };
  const kept = pixels.map(image_of);
  const images = { shown: kept.length, at: (i) => kept[i], told: (i) => told.images[i] };
  return new RecordedRuns({ told, model, images, recording });
}
function computed_runs(told, given_model, pixels) {
  const kept = pixels.map(image_of);
  const images = { count: kept.length, at: (i) => kept[i], told: (i) => told.images[i] };
  return new Runs({ told, model: given(given_model), images });
}
"""


@pytest.fixture(scope="module")
def run():
    views = [read(f"views/{one}.js") for one in ("snapshots", "runs", "recorded_runs")]
    with v8(mathematics() + "".join(views) + GLUE) as run:
        yield run


def shown(model, label=LABEL, count=1):
    return [Shown(f"{i}.png", one, label) for i, one in enumerate(images_for(model, count))]


def recorded_page(model, label=LABEL, **options) -> str:
    return explainer_page(model, shown(model, label), name="run", weights="none", **options)


def parts(page: str) -> tuple[dict, list[list[int]]]:
    """What a page is told, and the halves of its recorded arrays, as whole numbers."""
    text = {one: re.search(rf'id="{one}">(.*?)</script>', page, re.S)[1]
            for one in ("told", "recorded")}  # fmt: skip
    lines = [np.frombuffer(from_letters(line), "<u2") for line in text["recorded"].split("\n")]
    return json.loads(text["told"]), [line.tolist() for line in lines]


def traced(model, label=LABEL):
    """The oracle: minivit's trace, with the gradients of the cross-entropy."""
    trace = model.trace(images_for(model, 1))
    _, cache = cross_entropy_forward(trace.logits, labels=np.array([label]))
    trace.backward(cross_entropy_backward(1.0, cache))
    return trace


def in_half(array):
    """By hand: 11 bits of each number, counted from where the largest one's 2^14 to 2^15 lies."""
    unit = 2.0 ** (np.floor(np.log2(np.abs(array).max())) - 14)
    return (array / unit).astype(np.float16).astype(np.float64) * unit


EDGES = {
    "gradients that are small": np.array([3e-30, -1e-33, 7.7e-40, 0.0]),
    "large": np.array([[6e300, -1.0], [5e290, 4e286]]),
    "rounded up to a power": np.array([1.99999, 0.99999, -3.99999]),
    "nothing": np.zeros((2, 3)),
    "many": np.random.default_rng(0).standard_normal(2000) ** 9,
}


@pytest.mark.parametrize("name", EDGES)
def test_halves_are_read_as_they_were_written(name, run):
    array = EDGES[name]
    bits, exponent = half(array)
    code = "(bits, exponent) => [...unpacked_halves(Uint16Array.from(bits), exponent)]"
    found = run(code, bits.view(np.uint16).ravel().tolist(), exponent)
    assert np.array_equal(np.reshape(found, array.shape), rounded(array))
    if array.any():
        assert np.array_equal(rounded(array), in_half(array))
    off = np.abs(rounded(array) - array)
    assert (off <= np.maximum(np.abs(array) * 2.0**-11, np.abs(array).max() * 2.0**-39)).all()


ARRAYS = """(told, lines, pixels) => {
  const t = recorded_runs(told, lines, pixels).backward(0);
  const off = (x, gradient) => Object.keys(x).map((name) => [name, t.off(name, gradient)]);
  return {
    values: told_of(t.values), gradients: told_of(t.gradients),
    off: { values: off(t.values, false), gradients: off(t.gradients, true) },
    explained: [t.values, t.gradients].map((x, i) =>
      Object.keys(x).filter((name) => t.explains(name, Boolean(i)))),
    parameters: told_of(t.model.parameters),
  };
  function told_of(tensors) {
    return Object.fromEntries(
      Object.entries(tensors).map(([name, x]) => [name, [x.shape, Array.from(x.data)]]));
  }
}"""


@pytest.mark.parametrize("kind", KINDS)
def test_recorded_arrays_are_the_trace_in_half_precision_and_others_follow(kind, run):
    model = build(**KINDS[kind])
    told, lines = parts(recorded_page(model))
    found = run(ARRAYS, told, lines, [plain(images_for(model, 1)[0])])
    values, gradients = (
        {name: np.reshape(numbers, shape) for name, (shape, numbers) in found[key].items()}
        for key in ("values", "gradients")
    )
    trace = traced(model)
    front = "positions.y" if "positions.y" in trace.values else "embed.x"
    assert np.array_equal(values[front], in_half(trace.values[front][0]))
    assert np.array_equal(values["head.logits"], trace.logits[0])
    for place in (f"blocks.{i}.attention" for i in range(model.config.depth)):
        expected, back = by_hand(trace, place)
        for name in ("q", "k", "v"):
            assert np.array_equal(values[f"{place}.{name}"], expected[name])
        assert np.array_equal(gradients[f"{place}.mixed"], back["mixed"])
        for name, array in expected.items():
            assert np.abs(values[f"{place}.{name}"] - array).max() < 1e-12, name
        for name, array in back.items():
            assert np.abs(gradients[f"{place}.{name}"] - array).max() < 1e-12, name
    # What the page says of its precision is the largest difference from the trace.
    for key, arrays, exact in (
        ("values", values, trace.values), ("gradients", gradients, trace.gradients)
    ):  # fmt: skip
        for name, told_off in found["off"][key]:
            off = np.abs(arrays[name] - exact[name][0]).max()
            assert off < 1e-14 if told_off is None else off == pytest.approx(told_off, rel=0.06)
    for name, (shape, numbers) in found["parameters"].items():
        assert np.array_equal(np.reshape(numbers, shape), in_half(model.parameters[name]))
    w = "projection.w" if model.config.patch_norm else "embed.w"
    assert w in found["parameters"] and "head.w" not in found["parameters"]


def by_hand(trace, place):
    """Attention from the rounded q, k, v, and back from the rounded d mixed, (H, T, K) each."""
    q, k, v = (in_half(trace.values[f"{place}.{name}"][0]) for name in "qkv")
    dmixed = in_half(trace.gradients[f"{place}.mixed"][0])
    scores = np.einsum("hqd,hkd->hqk", q, k) / np.sqrt(q.shape[-1])
    probs = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
    dprobs = np.einsum("hqd,hkd->hqk", dmixed, v)
    dscores = probs * (dprobs - (dprobs * probs).sum(axis=-1, keepdims=True))
    dq = np.einsum("hqk,hkd->hqd", dscores, k) / np.sqrt(q.shape[-1])
    dk = np.einsum("hqk,hqd->hkd", dscores, q) / np.sqrt(q.shape[-1])
    dv = np.einsum("hqk,hqd->hkd", probs, dmixed)
    side_by_side = [np.concatenate([*one], axis=-1) for one in (q, k, v, dq, dk, dv)]
    mixed = np.einsum("hqk,hkd->hqd", probs, v)
    values = {"qkv": np.concatenate(side_by_side[:3], axis=-1), "q": q, "k": k, "v": v,
              "scores": scores, "probs": probs, "mixed": mixed,
              "merged": np.concatenate([*mixed], axis=-1)}  # fmt: skip
    gradients = {"qkv": np.concatenate(side_by_side[3:], axis=-1), "q": dq, "k": dk, "v": dv,
                 "scores": dscores, "probs": dprobs, "mixed": dmixed,
                 "merged": np.concatenate([*dmixed], axis=-1)}  # fmt: skip
    return values, gradients


EXPLAINED = """(told, lines, pixels) => {
  const runs = recorded_runs(told, lines, pixels), t = runs.backward(0), loss = runs.usual_loss(0);
  const worst = [];
  for (const [arrays, gradient] of [[t.values, false], [t.gradients, true]]) {
    for (const [name, { shape, data }] of Object.entries(arrays)) {
      if (!t.explains(name, gradient)) continue;
      const line = gradient ? returned_of(name) : made_of(name);
      const at = new At(t, place_of(name), loss);
      const offs = [0, data.length >> 1, data.length - 1].map((flat) => {
        const one = (gradient ? line.back : line.made)(index_of(shape, flat), at);
        return name === "patchify.images" ? 0 : Math.abs(worked_out(t, one) - data[flat]);
      });
      worst.push([`${gradient ? "d " : ""}${name}`, Math.max(...offs)]);
    }
  }
  return worst;
}"""


@pytest.mark.parametrize("kind", KINDS)
def test_how_a_number_is_made_is_told_wherever_all_of_it_is_there(kind, run):
    model = build(**KINDS[kind])
    found = dict(run(EXPLAINED, *parts(recorded_page(model)), [plain(images_for(model, 1)[0])]))
    assert max(found.values()) < 1e-12
    assert "patchify.patches" in found and "d head.logits" in found
    if model.config.depth:
        here = {name.removeprefix("blocks.0.attention.") for name in found if "blocks.0" in name}
        assert here >= {"q", "k", "v", "scores", "probs", "mixed", "merged"}
        back = {name.removeprefix("d blocks.0.attention.") for name in found if "d bl" in name}
        assert back >= {"qkv", "q", "k", "v", "scores", "probs", "mixed"}


READINGS = """(told, lines, pixels, model, target) => {
  const read = (runs) => {
    const { maps, sum, difference } = runs.reasons(0, target);
    const { counts, curves } = runs.deletion(0, target, maps);
    const depth = runs.model.config.depth;
    const t = runs.backward(0, runs.usual_loss(0));
    return {
      lens: [...runs.lens(0).data], sum, difference, counts,
      rollout: range(depth).map((start) => [...runs.rollout(0, start)]),
      norms: Object.fromEntries(Object.keys(t.noted).map((one) => [one, t.gradient_norm(one)])),
      maps: Object.fromEntries(Object.entries(maps).map(([key, map]) => [key, [...map]])),
      curves: Object.fromEntries(curves),
      targets: runs.targets(0), loss: runs.usual_loss(0),
    };
  };
  return [read(recorded_runs(told, lines, pixels)), read(computed_runs(told, model, pixels))];
}"""
NEAR = 1e-3  # of the largest number: half precision, and what is made of it


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("target", ["said", "label"])
def test_what_was_read_off_is_what_the_page_would_compute(kind, target, run):
    model = build(**KINDS[kind])
    image = images_for(model, 1)
    said = int(model.trace(image).logits.argmax())
    label = (said + 1) % 3
    told, lines = parts(recorded_page(model, label))
    asked = {"said": said, "label": label}[target]
    here, computed = run(READINGS, told, lines, [plain(image[0])], as_told(model), asked)
    assert here["targets"] == sorted({said, label})
    assert here["loss"] == computed["loss"] == {"kind": "cross-entropy", "label": label}
    for key in ("lens", "rollout"):
        assert near(here[key], computed[key]), key
    assert here["maps"].keys() == computed["maps"].keys()
    for key, found in computed["maps"].items():
        assert near(here["maps"][key], found), key
        curve = np.take(computed["curves"][key], here["counts"])
        assert np.abs(np.subtract(here["curves"][key], curve)).max() < NEAR, key
    assert here["sum"] == pytest.approx(computed["sum"], rel=1e-9)
    assert here["difference"] == pytest.approx(computed["difference"], rel=1e-9)
    assert here["norms"].keys() == computed["norms"].keys()
    for place, found in computed["norms"].items():
        assert here["norms"][place] == pytest.approx(found, rel=1e-9, abs=1e-15), place


def near(found, expected) -> bool:
    return (
        not len(expected)
        or np.abs(np.subtract(found, expected)).max() <= NEAR * np.abs(expected).max()
    )


def test_only_these_blocks_are_recorded_and_the_same_inputs_give_the_same_file(run):
    model = build(depth=4)
    page = recorded_page(model, blocks=[3, 1, 3])
    assert page == recorded_page(model, blocks=[1, 3])
    told, lines = parts(page)
    assert told["recorded"]["blocks"] == [1, 3]
    code = """(told, lines, pixels) => {
      const t = recorded_runs(told, lines, pixels).forward(0);
      return [blocks_of(t), arrays_of(t, "blocks.0.attention"), arrays_of(t, "blocks.1.attention"),
        arrays_of(t, "embed", true), Object.keys(t.noted)];
    }"""
    blocks, absent, there, back, noted = run(code, told, lines, [plain(images_for(model, 1)[0])])
    assert blocks == [1, 3] and absent == back == []
    assert there[-1] == "blocks.1.attention.merged" and noted == [*traced(model).noted]


def test_every_image_has_its_own_arrays(run):
    model = build()
    page = explainer_page(model, shown(model, count=3), name="run", weights="none")
    code = """(told, lines, pixels) => {
      const runs = recorded_runs(told, lines, pixels);
      return [0, 1, 2].map((i) => [...runs.forward(i).values["blocks.1.attention.q"].data]);
    }"""
    found = run(code, *parts(page), [plain(one) for one in images_for(model, 3)])
    exact = model.trace(images_for(model, 3)).values["blocks.1.attention.q"]
    for numbers, q in zip(found, exact, strict=True):
        assert np.array_equal(np.reshape(numbers, q.shape), in_half(q))


def test_a_recorded_page_holds_no_weights_but_those_of_the_embedding():
    told, _ = parts(page := recorded_page(build()))
    assert re.search(r'id="weights">(.*?)</script>', page)[1] == ""
    names = {one["name"] for one in told["recorded"]["arrays"] if one["image"] is None}
    assert names == {"embed.w", "embed.b", "embed.cls", "embed.positions"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_has_the_sentences_of_its_kind(language):
    every = sentences(language)
    computed, here = (sentences_for(language, recorded) for recorded in (False, True))
    assert computed["contains"] == every["contains"]
    assert here["contains"] == every["contains.recorded"]
    assert "recorded.told" in here and "recorded.told" not in computed and "recorded" in here
    assert not [key for key in [*computed, *here] if key.endswith(".recorded")]
    assert set(computed) < set(here)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"weights": "none", "blocks": [0, 2]},
         "block 2 can't be recorded: the model has blocks from 0 to 1"),
        ({"weights": "none", "blocks": [-1]}, "block -1 can't be recorded"),
        ({"weights": "none", "blocks": []}, "no block is to be recorded: choose some from 0 to 1"),
        ({"weights": "full", "blocks": [0]}, "leave it out, or add --weights none"),
        ({"blocks": [0]}, "a page with the weights computes them all"),
        ({"weights": "full", "most": 0.01},
         "limit is 0.01 MB: allow it by --max-mb 1, leave the weights out by --weights none"),
        ({"weights": "none", "most": 0.01}, "record fewer of its 2 blocks, as by --blocks 0,1"),
    ],
)  # fmt: skip
def test_what_can_not_be_is_refused_in_a_sentence(options, words):
    model = build()
    with pytest.raises(InputError, match=re.escape(words)):
        explainer_page(model, shown(model), name="run", **options)


def test_the_weights_are_left_out_where_they_do_not_fit():
    model = build(width=64, heads=4, mlp=2000, depth=3)  # weights of 8.6 MB in float64
    images = shown(model)
    auto = explainer_page(model, images, name="run")
    assert auto == explainer_page(model, images, name="run", weights="none")
    told, _ = parts(auto)
    full = len(explainer_page(model, images, name="run", weights="full", most=100))
    assert told["recorded"]["full"] - 1 <= full / 1e6 <= told["recorded"]["full"] + 0.1
    assert len(auto) < 0.6e6 < full
