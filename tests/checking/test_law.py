import numpy as np

from minivit.checking.law import described, gradient_fault, named_inputs, written_into

X = np.ones((2, 3))


def test_inputs_get_the_names_of_the_signature():
    def forward(x, w, b=None, residual=None, *, eps=1e-6):
        raise AssertionError("is not called")

    inputs = named_inputs(forward, (X, X), {"eps": 1.0})
    assert list(inputs) == ["x", "w", "b", "residual"]
    assert inputs["b"] is None
    assert inputs["x"] is not X


def test_inputs_of_a_function_without_a_signature():
    assert list(named_inputs(min, (X, X), {})) == ["input 0", "input 1"]


def test_a_view_in_disguise_is_found():
    dy = np.ones((2, 6))
    assert "shares memory" in gradient_fault(dy[:, ::2], X, dy).sentence
    assert "shares memory" in gradient_fault(dy.ravel()[:6].reshape(2, 3), X, dy).sentence
    assert gradient_fault(dy[:, ::2].copy(), X, dy) is None


def test_written_into():
    before = {"x": X, "b": None, "n": np.array([np.nan])}
    assert written_into({name: x for name, x in before.items()}, before) == []
    assert written_into({**before, "x": X + 1}, before) == ["x"]


def test_described():
    values = (None, (1, 2), [1], X, 3.0)
    assert [described(value) for value in values] == [
        "None",
        "a tuple of 2",
        "a list of 1",
        "an array of shape (2, 3)",
        "a float",
    ]
