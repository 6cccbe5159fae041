import pytest

from minivit.checkpoints.header import check_header
from minivit.checkpoints.tensors import Damaged

STATE = {"epoch": 1, "step": 2, "waited": 0.0, "loss_sum": 0.5, "seconds": 1,
         "history": [{"epoch": 1, "test_loss": 2.3}], "timing": []}  # fmt: skip
TRAINING = {"dataset": "digits", "recipe": {}, "state": STATE, "optimiser_steps": 3,
            "bits": {"backend": "numpy", "threads": 2}}  # fmt: skip
HEADER = {"architecture": "vit", "config": {}, "preprocessing": {"dataset": "digits"},
          "class_names": ["a", "b"], "training": TRAINING, "of a later version": [1]}  # fmt: skip


def changed(path: str, value) -> dict:
    """HEADER with another value at "training.state.epoch"."""
    first, _, rest = path.partition(".")

    def change(values: dict, name: str, rest: str) -> dict:
        if not rest:
            return values | {name: value}
        inner, _, further = rest.partition(".")
        return values | {name: change(values[name], inner, further)}

    return change(HEADER, first, rest)


def test_a_header_as_it_is_written():
    check_header(HEADER)
    check_header({})


@pytest.mark.parametrize(
    "path, value",
    [
        ("architecture", 3),
        ("config", [1]),
        ("preprocessing", [1]),
        ("preprocessing.dataset", [1]),
        ("class_names", 5),
        ("class_names", ["a", 1]),
        ("training", None),
        ("training.dataset", {}),
        ("training.recipe", [1]),
        ("training.optimiser_steps", -1),
        ("training.optimiser_steps", 1.0),
        ("training.optimiser_steps", True),
        ("training.optimiser_steps", 10**30),
        ("training.bits", []),
        ("training.bits", {}),
        ("training.bits.threads", "2"),
        ("training.state", []),
        ("training.state.epoch", -1),
        ("training.state.step", None),
        ("training.state.loss_sum", "x"),
        ("training.state.history", {}),
        ("training.state.history", [1]),
        ("training.state.history", [{"epoch": [1]}]),
        ("training.state.timing", [{"seconds": None}]),
        ("training.state.waited", "1"),
        ("training.state.norm_sum", "1"),
        ("training.state.learning_rate", None),
    ],
)
def test_an_entry_that_its_readers_could_not_use(path, value):
    with pytest.raises(Damaged, match=r"'\w+' (is|holds) ."):
        check_header(changed(path, value))


def test_a_message_is_not_flooded():
    with pytest.raises(Damaged) as caught:
        check_header(changed("config", "x" * 10**6))
    assert len(str(caught.value)) < 200
