"""What the entries of a checkpoint's header may be.

Readers rely on these checks: a value of another type or out of range is refused here. The values in
the configuration and the recipe are checked by their own classes.
"""

from minivit.checkpoints.tensors import Damaged

MOST = 1 << 53  # the largest count
NUMBER = (int, float)


def check_header(header: dict) -> None:
    """Damaged unless every entry that is there is what its readers rely on."""
    expect(header, "architecture", str)
    expect(header, "config", dict)
    expect(header, "preprocessing", dict)
    expect_all(header, "class_names", str)
    for name in ("dataset", "place"):
        expect(header.get("preprocessing", {}), name, str)
    if "training" in header:
        expect(header, "training", dict)
        check_training(header["training"])


def check_training(training: dict) -> None:
    """Check what a resumed run and `minivit info` read."""
    expect(training, "dataset", str)
    expect(training, "recipe", dict)
    expect_count(training, "optimiser_steps")
    expect(training, "bits", dict)
    if "bits" in training:
        bits = {"backend": None, "threads": None} | training["bits"]
        expect(bits, "backend", str)
        expect_count(bits, "threads")
        expect(bits, "precision", str)
    expect(training, "state", dict)
    state = training.get("state", {})
    for name in ("epoch", "step", "correct"):
        expect_count(state, name)
    for name in ("loss_sum", "seconds", "waited", "norm_sum", "learning_rate"):
        expect(state, name, NUMBER)
    for table in ("history", "timing"):
        expect_all(state, table, dict)
        for row in state.get(table, []):
            for name in row:
                expect(row, name, NUMBER)


def expect(values: dict, name: str, kind: type | tuple[type, ...]) -> None:
    """Damaged unless the entry is of this type, or isn't there."""
    value = values.get(name)
    if name in values and (not isinstance(value, kind) or isinstance(value, bool)):
        raise Damaged(f"{name[:100]!r} is {shortened(value)}")


def expect_all(values: dict, name: str, kind: type) -> None:
    """Damaged unless the entry is a list of this type, or isn't there."""
    expect(values, name, list)
    for value in values.get(name, []):
        if not isinstance(value, kind):
            raise Damaged(f"{name!r} holds {shortened(value)}")


def expect_count(values: dict, name: str, most: int = MOST) -> None:
    """Damaged unless the entry is a whole number from 0 to `most`, or isn't there."""
    expect(values, name, int)
    if not 0 <= values.get(name, 0) <= most:
        raise Damaged(f"{name!r} is {values[name]}")


def shortened(value) -> str:
    """A value in a message, cut to 100 characters."""
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:100]}..."
