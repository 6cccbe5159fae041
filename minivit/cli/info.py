"""What a model is made of and what it costs, stage by stage. Nothing large is allocated."""

import argparse
import json

from minivit.cli.arguments import whole_number
from minivit.cli.configuration import add_options, given, refuse
from minivit.cli.printing import one_line
from minivit.fields import changes_in_words

HELP = "shapes, parameters, FLOPs and memory of a variant or a run"
SIZES = "B is the batch. FLOPs are those of the matrix products of one image's forward."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from minivit.models import ViTConfig

    parser.add_argument(
        "model",
        metavar="NAME_OR_RUN",
        help="a variant (digits, Ti/16, S/16, B/16, L/16, H/14, ...), a run folder, or a "
        "checkpoint file",
    )
    parser.add_argument(
        "--batch",
        type=whole_number(1),
        default=32,
        metavar="N",
        help="images in a training step, for its FLOPs and memory (default: 32)",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print the same as JSON, memory in bytes (default: tables)",
    )
    add_options(parser, "what is changed in a variant", ViTConfig)


def run(arguments: argparse.Namespace) -> int:
    from minivit.models import ViTConfig
    from minivit.models.cost import cost, cost_table

    config, training = find(arguments.model, given(arguments, ViTConfig))
    rows, total = cost_table(config), cost(config, batch=arguments.batch)
    if arguments.json:
        print(json.dumps(as_json(config, rows, total, arguments.batch, training), indent=2))
        return 0
    print(f"{one_line(arguments.model)}: {describe(config)}\n")
    print(stage_table(rows, total))
    print(f"\n{SIZES}\n")
    print(totals(total, arguments.batch))
    if training:
        print(f"\nTrained with\n{trained_with(training)}")
    return 0


def find(name: str, changes: dict):
    """The configuration of a variant or of a checkpoint, and what the latter was trained with."""
    from pathlib import Path

    from minivit.checkpoints import load_config, read_header
    from minivit.errors import InputError
    from minivit.models.variants import VARIANTS, variant

    if name in VARIANTS:
        return variant(name, **changes), {}
    if Path(name).exists():
        refuse(changes, f"{name} is a run or a checkpoint")
        header = read_header(name)
        training = in_words_of_today(header.get("training") or {})
        place = {"data at": header.get("preprocessing", {}).get("place")}
        return load_config(name), training and training | place
    try:
        return variant(name, **changes), {}  # by another name, or raises with the nearest
    except InputError as error:
        raise InputError(f"{error}; and no run or checkpoint has this name") from error


def in_words_of_today(training: dict) -> dict:
    """A run's header with today's keys: held-out images were once called test images."""
    from minivit.training.run import today

    state = training.get("state") or {}
    if not (training.get("recipe") or {}).get("hold_out") or not state.get("history"):
        return training
    return training | {"state": state | {"history": [today(row) for row in state["history"]]}}


def describe(c) -> str:
    """The configuration in one line, with the letters of the table."""
    height, width = c.image
    pixels = f"{height}x{width}x{c.channels}"
    patch, options = f"{c.patch[0]}x{c.patch[1]}", changes_in_words(c)
    return (
        f"images {pixels}, patches {patch} (N = {c.patches}), tokens T = {c.tokens}, "
        f"width D = {c.width}, {c.depth} blocks, H = {c.heads} heads, M = {c.mlp}, "
        f"C = {c.classes} classes{', ' + options if options else ''}"
    )


def stage_table(rows, total) -> str:
    """A line for each place; the blocks are alike, so they are shown once and then summed up."""
    from minivit.cli.tables import table

    lines = [("stage", "output", "parameters", "FLOPs")]
    blocks = [row for row in rows if row.name.startswith("blocks.")]
    first = [row for row in blocks if row.name.startswith("blocks.0.")]
    count = len(blocks) // max(len(first), 1)
    for row in rows:
        if row in blocks and row not in first:
            continue
        if first and row is first[0]:
            lines.append((f"blocks 0-{count - 1}, each:" if count > 1 else "block 0:", "", "", ""))
        lines.append(line("  " * (row in first) + row.name.rpartition(".")[2], row))
        if first and row is first[-1] and count > 1:
            sums = (sum(getattr(b, what) for b in blocks) for what in ("parameters", "flops"))
            together = row._replace(**dict(zip(("parameters", "flops"), sums, strict=True)))
            lines.append(line(f"{count} blocks together", together))
    all_parameters, all_flops = f"{total.parameters:,}", scaled(total.forward_flops)
    return table([*lines, ("total", "", all_parameters, all_flops)], "<<>")


def line(name: str, row) -> tuple[str, str, str, str]:
    """One row of the table; a place without parameters or products has a dash."""
    shape = f"(B, {', '.join(map(str, row.shape))})" if row.shape else "-"
    parameters = f"{row.parameters:,}" if row.parameters else "-"
    return name, shape, parameters, scaled(row.flops) if row.flops else "-"


def totals(total, batch: int) -> str:
    """FLOPs and memory of the whole, and what the sums mean."""
    from minivit.cli.tables import table

    memory = total.memory
    rows = [
        ("parameters", size(memory["parameters"]), "float32, 4 bytes each"),
        ("gradients", size(memory["gradients"]), "one per parameter"),
        ("moments", size(memory["moments"]), "Adam's two per parameter"),
        (
            "activations",
            size(memory["activations"]),
            "what the backward needs of the forward; the Numba backend keeps about half",
        ),
        ("together", size(sum(memory.values())), "without images and short-lived temporaries"),
    ]
    return (
        f"parameters         {total.parameters:,}\n"
        f"forward            {scaled(total.forward_flops)}FLOPs for one image "
        "(a multiplication and an addition: 2)\n"
        f"training step      {scaled(total.step_flops)}FLOPs for {batch} images "
        "(3 x forward: the backward takes two products for each one)\n\n"
        f"Memory of a training step with {batch} images on the NumPy backend\n"
        f"{table([(f'  {name}', amount, why) for name, amount, why in rows], '<><')}"
    )


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


def scaled(number: int) -> str:
    """A number with four digits and a letter: 1234567 -> "1.235 M" (K, M, G, T, P: by 1000)."""
    value, letter = float(number), ""
    for letter in ("", "K", "M", "G", "T", "P"):
        if value < 999.95 or letter == "P":
            break
        value /= 1000
    return f"{value:.4g} {letter}"


def size(count: int) -> str:
    """Bytes, by 1000: 22869664 -> "22.87 MB"."""
    return f"{scaled(count)}B"


def as_json(config, rows, total, batch: int, training: dict) -> dict:
    """Everything in plain values; a shape's first entry is the batch, "B"."""
    return {
        "config": config.to_dict(),
        "stages": [
            {**row._asdict(), "shape": ["B", *row.shape] if row.shape else []} for row in rows
        ],
        **total._asdict(),
        "memory_backend": "numpy",
        "batch": batch,
        "training": {name: value for name, value in training.items() if name != "state"},
        "history": (training.get("state") or {}).get("history") or [],
    }
