from dataclasses import replace

import numpy as np
import pytest

from minivit import InputError, ResNet, ViT, backend, check_model, ops, variant
from minivit.checking.model import ModelCheck
from minivit.checking.sampling import USUAL
from minivit.models import shrunk

CONFIG = variant("digits", image=(4, 4), width=8, heads=2, mlp=12, depth=2, classes=3)
rng = np.random.default_rng(0)
IMAGES, LABELS = rng.uniform(-1, 1, (3, 4, 4, 1)), np.array([0, 2, 1])


def test_every_tensor_has_a_row():
    model = ViT(CONFIG, zero_head=False)
    report = check_model(model, IMAGES, LABELS)
    assert report.ok, f"\n{report}"
    assert [row.tensor for row in report.rows] == [*model.parameters, "images"]
    assert [row.shape for row in report.rows[:-1]] == list(model.layout.shapes.values())
    assert "12 random elements" in report.remarks[0]


def test_pictures_with_a_plain_ground_leave_max_pooling_a_gradient():
    """Equal neighbours have none: the right gradient of the images would be called wrong."""
    model = ResNet(shrunk(variant("resnet-28")), zero_head=False)
    images = np.full((2, *model.config.image, 1), -1.0)
    images[:, 2:4, 2:5] = 0.5
    before = images.copy()
    report = check_model(model, images, np.array([0, 1]))
    assert report.ok, f"\n{report}"
    assert any("Max-pooling has no gradient" in remark for remark in report.remarks)
    assert (images == before).all()


@pytest.mark.parametrize("name", ["digits", "resnet-28"])
def test_pixels_at_the_ends_of_the_learned_range_are_moved_beyond_them(name):
    config = shrunk(variant(name))
    model = (ResNet if name == "resnet-28" else ViT)(config, zero_head=False)
    model.preprocessing = {"low": 0.0, "high": 255.0}
    images = rng.choice([0.0, 255.0], (2, *config.image, 1))
    report = check_model(model, images, np.array([0, 1]))
    assert report.ok, f"\n{report}"
    assert model.preprocessing == {"low": 0.0, "high": 255.0}
    with pytest.raises(InputError, match="look unscaled"):
        check_model(model, images + 1, np.array([0, 1]))


def test_a_zero_head_is_drawn_anew_and_said():
    report = check_model(ViT(CONFIG), IMAGES, LABELS)
    assert report.ok
    assert "The head was all 0" in report.remarks[0]


@pytest.mark.parametrize("whole", [1, 12, 48, 1000])
def test_up_to_so_many_elements_every_one_is_compared(whole, monkeypatch):
    """Counted by the losses: two for each element, or for each direction of a large tensor."""
    losses, loss = [0], ModelCheck.loss
    row = ModelCheck.row

    def counted_loss(check):
        losses[-1] += 1
        return loss(check)

    def counted_row(*arguments):
        losses.append(0)
        return row(*arguments)

    monkeypatch.setattr(ModelCheck, "loss", counted_loss)
    monkeypatch.setattr(ModelCheck, "row", counted_row)
    report = check_model(ViT(CONFIG, zero_head=False), IMAGES, LABELS, whole=whole)
    sizes = [int(np.prod(row.shape)) for row in report.rows]
    places = [n if n <= whole else min(n, USUAL.elements) + USUAL.directions for n in sizes]
    assert losses[1:] == [2 * n for n in places]
    assert any("random elements" in remark for remark in report.remarks) == (whole < max(sizes))


@pytest.mark.parametrize("place", [*range(0, 48, 5), 47])
def test_one_wrong_element_of_48_is_found_and_named(place):
    """A sample of 12 would hardly meet it; a random direction meets it, but can't say where."""
    check = ModelCheck(
        ViT(replace(CONFIG, depth=1), dtype=np.float64, zero_head=False), IMAGES, LABELS
    )
    gradient = check.gradients()["images"]
    assert gradient.size == 48
    gradient.reshape(-1)[place] += 0.01
    row = check.row("images", gradient, np.random.default_rng(0), tolerance=1e-4, whole=48)
    assert row.verdict == "wrong"
    index = ", ".join(map(str, np.unravel_index(place, gradient.shape)))
    assert f"at [{index}] and should be" in row.note


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_model_stays_as_it_is(dtype):
    model, images = ViT(CONFIG, dtype=dtype), IMAGES.copy()
    model.gradients.flat[:] = 7
    parameters = model.parameters.flat.copy()
    check_model(model, images, LABELS)
    assert np.array_equal(model.parameters.flat, parameters)
    assert (model.gradients.flat == 7).all()
    assert np.array_equal(images, IMAGES)


def test_the_key_bias_is_no_false_alarm():
    report = check_model(ViT(CONFIG, zero_head=False), IMAGES, LABELS, whole=1000)
    by_name = {row.tensor: row.verdict for row in report.rows}
    assert by_name["blocks.0.attention.b_qkv"] == "excellent"


def test_a_model_that_has_learned_can_still_be_judged(broken):
    """Hardly any loss is left, and hardly any gradient; a wrong one must show all the same."""
    model = ViT(CONFIG, dtype=np.float64, zero_head=False)
    labels = model.logits(IMAGES).argmax(axis=1)  # the model is right, and ever surer
    while ops.cross_entropy_forward(model.logits(IMAGES), labels=labels)[0] > 1e-7:
        model.parameters["head.w"] *= 1.2
    assert check_model(model, IMAGES, labels).ok
    broken("layernorm_backward", lambda dx, dgamma, dbeta: (dx, 1.01 * dgamma, dbeta))
    wrong = wrong_tensors(check_model(model, IMAGES, labels))
    assert wrong == ["norm.gamma"]


@pytest.fixture
def broken(monkeypatch):
    """broken("mlp_backward", spoil) hands every result of that backward through `spoil`."""

    def replace(name, spoil):
        right = getattr(ops, name)
        monkeypatch.setattr(ops, name, lambda *args, **kw: spoil(*right(*args, **kw)))

    with backend.use("numpy"):
        yield replace


def wrong_tensors(report):
    return [row.tensor for row in report.rows if row.verdict == "wrong"]


@pytest.mark.parametrize("whole", [1, 1000])
def test_a_wrong_parameter_gradient_shows_where_it_is(broken, whole):
    broken("head_backward", lambda dx, dw, db: (dx, dw, 1.01 * db))
    report = check_model(ViT(CONFIG, zero_head=False), IMAGES, LABELS, whole=whole)
    assert wrong_tensors(report) == ["head.b"]
    assert "the gradient is 1.01 times the right one" in str(report)


def test_a_bias_cannot_hide_in_a_big_vector(broken):
    broken("embed_backward", lambda dp, dw, db, dcls, dpos: (dp, dw, db, 0.9 * dcls, dpos))
    report = check_model(ViT(CONFIG, zero_head=False), IMAGES, LABELS)
    assert wrong_tensors(report) == ["embed.cls"]


def test_a_wrong_gradient_of_the_input_spoils_all_that_came_before(broken):
    broken(
        "mlp_branch_backward",
        lambda dx, *others: (1.1 * dx, *others),
    )
    wrong = wrong_tensors(check_model(ViT(CONFIG, zero_head=False), IMAGES, LABELS))
    assert "images" in wrong
    assert "blocks.1.attention.gamma" in wrong
    assert "blocks.1.mlp.w1" not in wrong


def test_a_lost_residual_is_found(monkeypatch):
    right = ops.mlp_branch_backward

    def lost(dy, cache):
        dx, *others = right(dy, cache)
        return dx - dy, *others

    monkeypatch.setattr(ops, "mlp_branch_backward", lost)
    wrong = wrong_tensors(check_model(ViT(CONFIG, zero_head=False), IMAGES, LABELS))
    assert "embed.positions" in wrong
    assert "blocks.1.attention.w_qkv" in wrong
    assert "blocks.1.mlp.w1" not in wrong


@pytest.mark.parametrize("part", [slice(0, 8), slice(8, 16), slice(16, 24)])
def test_one_wrong_part_of_a_sampled_tensor_is_found(broken, part):
    def spoil(dx, dgamma, dbeta, dw, *others):
        dw[:, part] *= 1.05
        return dx, dgamma, dbeta, dw, *others

    broken("attention_branch_backward", spoil)
    wrong = wrong_tensors(check_model(ViT(CONFIG, zero_head=False), IMAGES, LABELS))
    assert wrong == ["blocks.0.attention.w_qkv", "blocks.1.attention.w_qkv"]


def test_a_tiny_gradient_with_the_wrong_sign_is_found(broken):
    """Each tensor is judged by its own size."""
    model = ViT(replace(CONFIG, depth=1), dtype=np.float64, zero_head=False)
    model.parameters["blocks.0.mlp.w2"] *= 1e-7
    assert check_model(model, IMAGES, LABELS).ok

    def spoil(dx, dgamma, dbeta, dw1, *others):
        return dx, dgamma, dbeta, -dw1, *others

    broken("mlp_branch_backward", spoil)
    assert wrong_tensors(check_model(model, IMAGES, LABELS)) == ["blocks.0.mlp.w1"]


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_parameters_that_change_on_the_way_are_noticed(direction):
    """In a model of the user's own, too, and where they are written through a raw view."""

    class Restless(ViT):
        def forward(self, *arguments, **options):
            result = super().forward(*arguments, **options)
            self.restless("forward")
            return result

        def backward(self, *arguments, **options):
            self.restless("backward")
            return super().backward(*arguments, **options)

        def restless(self, now):
            if now == direction:
                self.parameters.flat[self.layout.offsets["norm.gamma"]] += 1e-3

    report = check_model(Restless(CONFIG, zero_head=False), IMAGES, LABELS)
    assert not report.ok
    assert len(report.problems) == 1
    assert report.problems[0].startswith(f"norm.gamma was changed during the {direction}: ")


@pytest.mark.parametrize(
    ("option", "forgotten"), [("stochastic_depth", "images"), ("dropout", "values")]
)
def test_what_is_left_to_chance_is_checked_too(monkeypatch, option, forgotten):
    """The seed drops the same in every pass; who forgets it backward is found."""
    model = ViT(replace(CONFIG, **{option: 0.5}), zero_head=False)
    images, labels = np.concatenate([IMAGES, 0.5 * IMAGES]), np.tile(LABELS, 2)
    assert check_model(model, images, labels).ok
    right = ops.mlp_branch_backward

    def forgetful(dy, cache):
        return right(dy, cache._replace(left=cache.left._replace(**{forgotten: None})))

    monkeypatch.setattr(ops, "mlp_branch_backward", forgetful)
    wrong = wrong_tensors(check_model(model, images, labels))
    assert "blocks.1.mlp.w1" in wrong
    assert "head.w" not in wrong


def test_the_seed_decides():
    model = ViT(CONFIG)
    one, same, other = (check_model(model, IMAGES, LABELS, seed=seed).rows for seed in (1, 1, 2))
    assert one == same
    assert one != other


@pytest.mark.parametrize(
    ("images", "labels", "sentence"),
    [
        (IMAGES[0], LABELS, "images have shape"),
        (IMAGES, LABELS[:2], "expected 3 class numbers"),
        (IMAGES, LABELS + 1, "labels run from 1 to 3"),
    ],
)
def test_refuses(images, labels, sentence):
    with pytest.raises(InputError, match=sentence):
        check_model(ViT(CONFIG), images, labels)
