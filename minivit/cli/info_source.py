"""What `minivit info NAME` is about: a variant, a run, or a checkpoint, and what its files tell."""

from minivit.cli.configuration import refuse
from minivit.cli.opening import asked_of
from minivit.cli.printing import one_line, some


def find(name: str, changes: dict):
    """The configuration of a variant or of a checkpoint, what the latter was trained with, and
    what somebody else's tells besides.
    """
    from pathlib import Path

    from minivit.errors import InputError
    from minivit.models.variants import VARIANTS, variant

    if name in VARIANTS:
        return variant(name, **changes), {}, {}
    if Path(name).exists():
        return in_checkpoint(name, changes)
    try:
        return variant(name, **changes), {}, {}  # by another name, or raises with the nearest
    except InputError as error:
        raise InputError(f"{error}; and no run or checkpoint has this name") from error


def in_checkpoint(name: str, changes: dict):
    """The same of a checkpoint. Of its arrays, at most the head's is read."""
    from minivit.checkpoints import load_config, open_any
    from minivit.checkpoints.model import head_remark

    asked = asked_of(changes)
    refuse(changes, f"{name} is a run or a checkpoint")
    config = load_config(name, asked)
    with open_any(name, asked) as checkpoint:
        header = checkpoint.header
        if "layout" in header:
            head = checkpoint.tensors["parameters/head.w"]
            known = {"layout": header["layout"], "head": head_remark(header, head) or "learnt"}
            known["class names"] = some(header["class_names"])
            known |= {"gelu": config.gelu, "eps": config.eps, "the head reads": config.pool}
            known |= {f"assumed {name}": text for name, text in checkpoint.assumed.items()}
            return config, {}, known | header.get("preprocessing", {})
    training = in_words_of_today(header.get("training") or {})
    place = {"data at": header.get("preprocessing", {}).get("place")}
    return config, training and training | place, {}


def in_words_of_today(training: dict) -> dict:
    """A run's header with today's keys: held-out images were once called test images."""
    from minivit.training.run import today

    state = training.get("state") or {}
    if not (training.get("recipe") or {}).get("hold_out") or not state.get("history"):
        return training
    return training | {"state": state | {"history": [today(row) for row in state["history"]]}}


def read_from(foreign: dict) -> str:
    """What somebody else's file and those beside it tell besides the configuration."""
    from minivit.cli.tables import table

    return table([(f"  {name}", one_line(str(value))) for name, value in foreign.items()], "<")


def trained_with(training: dict) -> str:
    """The plain facts of a run's header, whatever they are, and its last epoch's figures."""
    from minivit.cli.tables import table

    state = training.get("state") or {}
    recipe = dict(training.get("recipe") or {})
    facts = {**training, "recipe": recipe.pop("name", "") or None, **recipe}
    facts["epochs done"] = state.get("epoch")
    history = state.get("history") or [{}]
    facts |= {f"last {name}": value for name, value in history[-1].items() if name != "epoch"}
    rows = [
        (f"  {name.replace('_', ' ')}", f"{value:.4g}" if isinstance(value, float) else str(value))
        for name, value in facts.items()
        if isinstance(value, str | int | float)
    ]
    return table(rows, "<")
