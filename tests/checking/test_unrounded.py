"""Gradients are checked without rounding, whatever was chosen: a rounded product has none."""

import numpy as np
import pytest

from minivit import ViT, backend, check_model, chosen, gradcheck, ops, variant
from minivit.checking.samples import check_sample, samples
from minivit.cli.main import main

rng = np.random.default_rng(0)
X, W = rng.standard_normal((3, 4)), rng.standard_normal((4, 2))


@pytest.fixture
def rounding():
    with backend.use("numpy", precision="bf16"):
        yield
        assert chosen.rounds_products()  # the choice is as it was


def test_a_rounded_product_has_no_derivative_by_differences():
    """What the others would meet."""
    step = 1e-6 * np.eye(3, 4)
    with backend.use("numpy", precision="bf16"):
        ahead, behind = (ops.linear_forward(X + s, W)[0] for s in (step, -step))
    assert np.array_equal(ahead, behind)


@pytest.mark.usefixtures("rounding")
def test_gradcheck():
    report = gradcheck(ops.linear_forward, ops.linear_backward, X, W)
    assert report.ok and report.worst < 1e-7, f"\n{report}"
    assert all(check_sample(sample).ok for sample in samples("mlp"))
    assert gradcheck.__name__ == "gradcheck" and "tolerance" in gradcheck.__wrapped__.__kwdefaults__


@pytest.mark.usefixtures("rounding")
def test_an_op_sees_that_nothing_is_rounded_and_what_it_raises_comes_through():
    seen = []

    def forward(x):
        seen.append(chosen.rounds_products())
        return x, None

    def not_written(dy, cache):
        raise NotImplementedError("exercise 1")

    assert gradcheck(forward, lambda dy, cache: dy.copy(), X).ok and not any(seen)
    with pytest.raises(NotImplementedError):
        gradcheck(forward, not_written, X)


@pytest.mark.usefixtures("rounding")
def test_a_whole_model():
    config = variant("digits", image=(4, 4), width=8, heads=2, mlp=12, depth=1, classes=3)
    model = ViT(config, zero_head=False)
    images = rng.uniform(-1, 1, (3, 4, 4, 1))
    report = check_model(model, images, np.array([0, 2, 1]))
    assert report.ok and report.worst < 1e-5, f"\n{report}"


@pytest.mark.usefixtures("rounding")
def test_the_verb(capsys):
    assert main(["gradcheck", "linear"]) == 0
    assert "gradients are right" in capsys.readouterr().out


@pytest.mark.usefixtures("rounding")
def test_a_students_layer_is_compared_with_products_that_round_nothing(tmp_path):
    pytest.importorskip("hypothesis")
    from minivit.checking.student.checked import check

    file = tmp_path / "mine.py"
    file.write_text(
        "def linear_forward(x, w, b):\n    return x @ w + (0 if b is None else b), (x, w, b)\n"
    )
    assert check(file, examples=3).ok
