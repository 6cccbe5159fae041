"""What a model is made of and what it costs, stage by stage. Nothing large is allocated."""

import argparse
import json

from minivit.cli.arguments import whole_number
from minivit.cli.configuration import add_options, given
from minivit.cli.info_source import find, read_from, trained_with
from minivit.cli.printing import one_line
from minivit.fields import changes_in_words

HELP = "shapes, parameters, FLOPs and memory of a variant or a run"
KEPT = "running means and variances of BatchNorm: kept, not learned"
SIZES = "B is the batch. FLOPs are those of the matrix products of one image's forward."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from minivit.models import ViTConfig

    parser.add_argument(
        "model",
        metavar="NAME_OR_RUN",
        help="a variant (digits, Ti/16, S/16, B/16, L/16, H/14, ...), a run folder, or a "
        "checkpoint file: minivit's, or Google's, timm's or Hugging Face's",
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
    from minivit.models import ViTConfig, layout_of
    from minivit.models.cost import cost, cost_table
    from minivit.params import NamedArrays

    config, training, foreign = find(arguments.model, given(arguments, ViTConfig))
    rows, total = cost_table(config), cost(config, batch=arguments.batch)
    if arguments.json:
        values = as_json(config, rows, total, arguments.batch, training)
        print(json.dumps(values | ({"foreign": foreign} if foreign else {}), indent=2))
        return 0
    print(f"{one_line(arguments.model)}: {describe(config)}\n")
    print(stage_table(rows, total))
    print(f"\n{SIZES}\n")
    print(totals(total, arguments.batch))
    if total.buffers:
        print(f"\nBuffers: {NamedArrays(layout_of(config).buffers, 'float32')}")
    if training:
        print(f"\nTrained with\n{trained_with(training)}")
    if foreign:
        print(f"\nRead from somebody else's file\n{read_from(foreign)}")
    return 0


def describe(c) -> str:
    """The configuration in one line, with the letters of the table."""
    height, width = c.image
    pixels = f"{height}x{width}x{c.channels}"
    options = changes_in_words(c)
    if c.family != "ViT":
        return f"{c.family}: images {pixels}, {options}, C = {c.classes} classes"
    patch = f"{c.patch[0]}x{c.patch[1]}"
    return (
        f"images {pixels}, patches {patch} (N = {c.patches}), tokens T = {c.tokens}, "
        f"width D = {c.width}, {c.depth} blocks, H = {c.heads} heads, M = {c.mlp}, "
        f"C = {c.classes} classes{', ' + options if options else ''}"
    )


def stage_table(rows, total) -> str:
    """A line for each place; the blocks are alike, so they are shown once and then summed up.

    A stage of a backbone is a line.
    """
    from minivit.cli.tables import table

    rows = stages_summed(rows)
    lines = [("stage", "output", "parameters", "FLOPs")]
    blocks = [row for row in rows if row.name.startswith("blocks.")]
    first = [row for row in blocks if row.name.startswith("blocks.0.")]
    count = len(blocks) // max(len(first), 1)
    for row in rows:
        if row in blocks and row not in first:
            continue
        if first and row is first[0]:
            lines.append((f"blocks 0-{count - 1}, each:" if count > 1 else "block 0:", "", "", ""))
        name = row.name.removeprefix("blocks.0.")
        lines.append(line("  " + name if row in first else row.name, row))
        if first and row is first[-1] and count > 1:
            sums = (sum(getattr(b, what) for b in blocks) for what in ("parameters", "flops"))
            together = row._replace(**dict(zip(("parameters", "flops"), sums, strict=True)))
            lines.append(line(f"{count} blocks together", together))
    all_parameters, all_flops = f"{total.parameters:,}", scaled(total.forward_flops)
    return table([*lines, ("total", "", all_parameters, all_flops)], "<<>")


def stages_summed(rows) -> list:
    """The rows, where those of a stage of a backbone, which are many, are one."""
    found = []
    for row in rows:
        stage = ".".join(row.name.split(".")[:2])
        if not row.name.startswith("stages."):
            found.append(row)
        elif found and found[-1].name == stage:
            sums = {
                what: getattr(found[-1], what) + getattr(row, what)
                for what in ("parameters", "flops", "kept")
            }
            found[-1] = found[-1]._replace(**sums, shape=row.shape or found[-1].shape)
        else:
            found.append(row._replace(name=stage))
    return found


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
        *[("buffers", size(memory[name]), KEPT) for name in ["buffers"] if name in memory],
        ("together", size(sum(memory.values())), "without images and short-lived temporaries"),
    ]
    return (
        f"parameters         {total.parameters:,}\n"
        + f"buffers            {total.buffers:,} ({KEPT})\n" * bool(total.buffers)
        + f"forward            {scaled(total.forward_flops)}FLOPs for one image "
        "(a multiplication and an addition: 2)\n"
        f"training step      {scaled(total.step_flops)}FLOPs for {batch} images "
        "(3 x forward: the backward takes two products for each one)\n\n"
        f"Memory of a training step with {batch} images on the NumPy backend\n"
        f"{table([(f'  {name}', amount, why) for name, amount, why in rows], '<><')}"
    )


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
