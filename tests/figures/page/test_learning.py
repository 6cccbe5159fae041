"""Snapshots in a page: the script computes with the rounded weights what minivit does with them."""

import json
import re

import numpy as np
import pytest
from javascript import KINDS as OTHER_KINDS
from javascript import as_told, plain, v8
from looked_at import build, images_for
from page_letters import from_letters

from minivit import InputError, inspection, save
from minivit.figures.page import Learning, Shown, explainer_page
from minivit.figures.page.payload import sizes
from minivit.figures.page.rounding import KINDS, rounded_model
from minivit.figures.page.sources import mathematics

MODELS = {
    "cls": {},
    "more filters than pixels": {"patch": (1, 2), "channels": 1},
    "more pixels than filters": {"patch": (4, 6), "channels": 3, "pool": "mean", "cls_token": True},
    "patch norm": {"patch_norm": True, "positions": "learned-2d", "pool": "sequence"},
    "2-D, every layer": OTHER_KINDS["2-D, every layer"],
    "shared": OTHER_KINDS["shared"],
    "fixed": {"positions": "sincos-2d"},
    "none": {"positions": "none"},
}
RUN = """(told, letters, kind, image) => {
  const parameters = decoded_snapshot(Uint8Array.from(letters), told.parameters, kind);
  const model = { ...told, parameters };
  const t = new Trace(model, image_of(image));
  const positions = position_vectors(model);
  const cosines = positions && similarity(positions);
  return {
    parameters: Object.values(parameters).flatMap((x) => [...x.data]),
    logits: [...t.logits.data],
    attention: attention_of(t).map((heads) => heads.map((A) => A.map((row) => [...row]))),
    maps: attention_of(t).map((heads) => heads.map((A) => [...to_patches(A, t)])),
    filters: embedding_filters(model).map(({ component }) => [...component]),
    shares: embedding_filters(model).map(({ share }) => share),
    cosines: cosines && cosines.map((row) => [...row]),
    nearness: cosines && nearness(cosines, model.config.grid),
  };
}"""


@pytest.mark.parametrize("rounding", KINDS)
@pytest.mark.parametrize("kind", MODELS)
def test_the_script_and_the_engine_say_the_same_of_rounded_weights(kind, rounding):
    model = build(**MODELS[kind])
    content, made = rounded_model(model, rounding)
    places = {place: list(names) for place, names in model.layout.places.items()}
    shapes = {name: list(shape) for name, shape in model.layout.shapes.items()}
    told = {"config": sizes(model.config), "places": places, "parameters": shapes}
    images, c = images_for(model, 1), model.config
    with v8(mathematics()) as run:
        found = run(RUN, told, list(content), rounding, plain(images[0]))
    numbers = np.concatenate([made.parameters[name].ravel() for name in shapes])
    assert np.array_equal(found["parameters"], numbers)  # to the last bit
    assert np.abs(found["logits"] - made.logits(images)[0]).max() < 1e-12
    attention = inspection.attention_maps(made, images)[0]
    assert np.abs(np.array(found["attention"]) - attention).max() < 1e-12
    if c.pool == "cls":  # what the head's token gives; other pools: test_inspection
        assert np.abs(np.array(found["maps"]) - attention[:, :, 0, 1:]).max() < 1e-12
    filters = inspection.embedding_filters(made)
    count = len(found["filters"])  # those that carry nothing are left out
    components = filters.components.reshape(len(filters.shares), -1)
    assert np.abs(found["filters"] - components[:count]).max() < 1e-12
    assert np.abs(found["shares"] - filters.shares[:count]).max() < 1e-12
    assert filters.shares[count:].sum() < 1e-20
    if kind in ("fixed", "none"):
        assert found["cosines"] is None
        return
    expected = inspection.position_similarity(made).reshape(c.patches, c.patches)
    assert np.abs(found["cosines"] - expected).max() < 1e-12
    vectors = next(iter(inspection.position_tables(made).values()))
    if c.patches > 1:
        assert abs(found["nearness"] - inspection.nearness(vectors, c.grid)) < 1e-12


def test_what_was_learned_since_is_a_difference_of_weights():
    model, later = build(), build()
    later.parameters.flat[:] += np.random.default_rng(3).normal(size=model.layout.size)
    code = """(first, model) => {
      const [one, other] = [given(first), given(model)];
      const learned = learned_since(one, other);
      const gone = learned_since(other, other);
      return [nearness(similarity(position_vectors(learned)), learned.config.grid),
        [...learned.parameters["head.w"].data], embedding_filters(gone).length,
        similarity(position_vectors(gone)).every((row) => row.every((cosine) => cosine === 0))];
    }"""
    with v8(mathematics()) as run:
        near, head, filters, is_zero = run(code, as_told(model), as_told(later))
    tables = [next(iter(inspection.position_tables(one).values())) for one in (model, later)]
    expected = inspection.nearness(tables[1] - tables[0], model.config.grid)
    assert near == pytest.approx(expected, abs=1e-12) and filters == 0 and is_zero
    assert np.array_equal(head, (later.parameters["head.w"] - model.parameters["head.w"]).ravel())


def test_components_of_filters_by_hand():
    code = """() => {
      const w = tensor([3, 2], Float64Array.of(-3, 5, 2, 2, 0, -6));  // rank 1, after centring
      return principal_filters(w).map(({ component, share }) => [[...component], share]);
    }"""
    with v8(mathematics()) as run:
        ((component, share),) = run(code)
    assert share == 1 and component == pytest.approx([0.8, 0, -0.6], abs=1e-15)


def snapshots(folder, count=6, **changes):
    """So many models, written as snapshots; the last one is that of the run."""
    paths, model = {}, build(**changes)
    start = model.parameters.flat.copy()
    for i in range(count):
        model.parameters.flat[:] = start * (i + 1) / count
        paths[3 * i] = folder / f"{i}.safetensors"
        save(model, paths[3 * i])
    return model, paths


def learning(paths, **changes) -> Learning:
    history = [{"epoch": i, "train_loss": 2 / i, "held_out_accuracy": 0.123456789 * i}
               for i in (1, 2, 3)]  # fmt: skip
    told = {"history": history, "measured_on": "held-out", "steps": 5, "snapshots": paths}
    return Learning(**told | changes)


def page_of(model, one, **options) -> str:
    shown = [Shown("one", images_for(model, 1)[0], 0)]
    return explainer_page(model, shown, name="run", learning=one, **options)


def told(page: str) -> tuple[dict, list[bytes]]:
    whole = json.loads(re.search(r'id="told">(.*?)</script>', page)[1])["learning"]
    kept = re.findall(r'id="snapshot-\d+">(.*?)</script>', page)
    return whole, [from_letters(one) for one in kept]


def test_all_are_in_the_page_in_half_precision_where_they_have_room(tmp_path):
    model, paths = snapshots(tmp_path)
    page = page_of(model, learning(paths))
    one, kept = told(page)
    assert one["measured_on"] == "held-out"
    assert one["curve"] == {"epoch": [1, 2, 3], "loss": [2, 1, 0.66667],
                            "accuracy": [0.12346, 0.24691, 0.37037]}  # fmt: skip
    some = one["snapshots"]
    assert some["of"] == 6 and some["kind"] == "float16"
    assert some["epochs"] == [0, 0.6, 1.2, 1.8, 2.4, 3]
    assert kept[-1] == rounded_model(model, "float16")[0]
    assert 0 < some["moved"] < 0.01
    assert page_of(model, learning(paths)) == page


def test_of_more_than_have_room_some_are_chosen_evenly_and_the_limit_holds(tmp_path):
    model, paths = snapshots(tmp_path, 40, width=32, mlp=64)
    without, whole = (page_of(model, learning(one)) for one in ({}, paths))
    for part in (0.9, 0.3, 0.05):
        limit = (len(without) + part * (len(whole) - len(without))) / 1e6
        page = page_of(model, learning(paths), most=limit)
        some, kept = told(page)
        epochs = some["snapshots"]["epochs"]
        assert len(page.encode()) <= limit * 1e6
        assert some["snapshots"]["kind"] == "int8" and some["snapshots"]["of"] == 40
        assert len(kept) == len(epochs) >= 2 and (len(kept) == 40) == (part == 0.9)
        assert epochs[0] == 0 and epochs[-1] == 39 * 3 / 5
        assert np.ptp(np.diff(epochs)) <= 0.61
    some, kept = told(page_of(model, learning(paths), most=(len(without.encode()) + 50) / 1e6))
    assert some["snapshots"]["of"] == 40 and some["snapshots"]["epochs"] == kept == []


def test_weights_beyond_half_precision_are_written_in_int8(tmp_path):
    model, paths = snapshots(tmp_path, 2)
    model.parameters["head.b"][:] = 1e5
    save(model, paths[3])
    assert told(page_of(model, learning(paths)))[0]["snapshots"]["kind"] == "int8"


def test_a_page_without_snapshots_holds_none_and_without_a_run_no_curve():
    model = build()
    page = page_of(model, learning({}))
    assert told(page)[0]["snapshots"]["of"] == 0 and "snapshot-0" not in page
    assert told(page_of(model, None)) == (None, [])


def test_a_damaged_snapshot_is_named_with_a_way_out(tmp_path):
    model, paths = snapshots(tmp_path, 2)
    paths[3].write_bytes(paths[3].read_bytes()[:500])
    with pytest.raises(InputError, match=r"1\.safetensors.*; or remove it, and the page is"):
        page_of(model, learning(paths))
    save(build(depth=1), paths[3])
    with pytest.raises(InputError, match=r"1\.safetensors is a snapshot of another model"):
        page_of(model, learning(paths))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"history": [{"epoch": 1, "train_loss": 2.0}]}, "held out accuracy after an epoch is 'No"),
        ({"history": [{"epoch": 1, "train_loss": float("nan")}]}, "train loss after an epoch is"),
        ({"steps": 0}, "0 steps in an epoch"),
    ],
)
def test_a_damaged_log_is_told(changes, words):
    with pytest.raises(InputError, match=f"the log of the run is damaged: .*{words}"):
        page_of(build(), learning({}, **changes))
