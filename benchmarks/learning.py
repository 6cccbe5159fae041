"""How well small models learn: grids of recipes, whose tables lessons 15 and 16 show.

    python -m benchmarks learning pooling --out lessons/results
    python -m benchmarks learning positions --out lessons/results

Every run trains a model on the embedded digits, on the kernels. A fifth of the training images is
held out, so that a setting can be chosen without a look at the test images. To try another recipe,
add a line to the grid.
"""

import csv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from minivit import TrainingConfig, backend, load_dataset, train
from minivit.data import Dataset, Split, hold_out
from minivit.fields import described_fields, in_words
from minivit.files import replacing
from minivit.machine import line, machine
from minivit.models import ViTConfig, parameter_count
from minivit.training import evaluate

from .options import Options, need_kernels
from .rows import row, show

RATES = (0.0005, 0.001, 0.002, 0.004, 0.008, 0.016)
POOLING = tuple(
    {"pool": pool, "learning_rate": rate} for pool in ("cls", "mean", "sequence") for rate in RATES
)
POSITIONS = (  # those of the paper's table 8, the fixed ones, and three that begin small
    {"positions": "none"},
    {"positions": "learned"},
    {"positions": "learned", "positions_at": "every-layer"},
    {"positions": "learned", "positions_at": "every-layer-shared"},
    {"positions": "learned-2d"},
    {"positions": "learned-2d", "positions_at": "every-layer"},
    {"positions": "learned-2d", "positions_at": "every-layer-shared"},
    {"positions": "relative"},
    {"positions": "relative", "positions_at": "every-layer-shared"},
    {"positions": "sincos"},
    {"positions": "sincos-2d"},
    {"positions": "sincos-2d-mae"},
    {"positions": "learned", "position_std": 0.02},
    {"positions": "learned-2d", "position_std": 0.02},
    {"positions": "relative", "position_std": 0.02},
)
GRIDS = {"pooling": ("15_pooling.csv", POOLING), "positions": ("16_positions.csv", POSITIONS)}
SEEDS = (0, 1, 2)
HOLD_OUT = 0.2
COMMON = {"epochs": 10}  # else the recipe of the digits
RESULTS = ("parameters", "held_out_accuracy", "test_accuracy", "test_loss")


def measure(options: Options) -> list[dict]:
    """A row for each run of a grid, or of all; each grid's table goes to a CSV in `options.out`."""
    need_kernels()
    found = []
    for name in [options.grid] if options.grid else GRIDS:
        file, grid = GRIDS[name]
        rows = runs(name, grid[:2] if options.tiny else grid, options)
        options.out.mkdir(parents=True, exist_ok=True)
        write(rows, varied(grid), options.out / file, name, options)
        found += rows
    return found


def runs(name: str, grid: tuple[dict, ...], options: Options) -> list[dict]:
    """Train every recipe of a grid with every seed."""
    from tqdm import tqdm

    data, seeds, common = load_dataset("digits"), SEEDS, COMMON
    if options.tiny:
        few = Split(*(part[:40] for part in data.train))
        data, seeds, common = data._replace(train=few, test=few), SEEDS[:1], {"epochs": 1}
    with backend.use("numba"):
        return [
            one_run(name, changes, common | {"seed": seed}, data)
            for changes in tqdm(grid, desc=f"learning {name}", unit="recipe", disable=None)
            for seed in seeds
        ]


def one_run(name: str, changes: Mapping, common: Mapping, data: Dataset) -> dict:
    """Train one recipe, and measure it after the last epoch."""
    of_model = {field.name for field in described_fields(ViTConfig)}
    config = TrainingConfig(**{n: v for n, v in changes.items() if n not in of_model}, **common)
    model = replace(config.model, **{n: v for n, v in changes.items() if n in of_model})
    config = replace(config, model=model, hold_out=HOLD_OUT)
    trained = train(config, hold_out(data, HOLD_OUT))
    tested = evaluate(trained.model, *data.test)
    values = {n: getattr(model if n in of_model else config, n) for n in varied(GRIDS[name][1])}
    return row(
        "learning", ", ".join(f"{in_words(v)}" for v in values.values()), "numba",
        100 * tested.accuracy, "%", **values, seed=config.seed, grid=name,
        parameters=parameter_count(model), test_loss=tested.loss, test_accuracy=tested.accuracy,
        held_out_accuracy=trained.state.history[-1]["held_out_accuracy"],
    )  # fmt: skip


def varied(grid: tuple[dict, ...]) -> list[str]:
    """The entries that differ from recipe to recipe, in the order of their first use."""
    return list(dict.fromkeys(name for changes in grid for name in changes))


def write(rows: list[dict], names: list[str], path: Path, grid: str, options: Options) -> None:
    """The table of a grid; its first line says how it was made."""
    with replacing(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        file.write(f"# python -m benchmarks learning {grid} --out lessons/results\n")
        file.write(f"# on {line(machine(options.threads))}\n")
        table = csv.writer(file, lineterminator="\n")
        columns = (*names, "seed", *RESULTS)
        table.writerow(columns)
        for found in rows:
            values = (found[column] for column in columns)
            table.writerow(f"{v:.6g}" if isinstance(v, float) else v for v in values)


def report(rows: list[dict]) -> str:
    """The mean, the least and the most of every recipe's seeds."""
    of_recipe = {}
    for found in rows:
        of_recipe.setdefault((found["grid"], found["case"]), []).append(found["ours"])
    shown = [
        {"grid": grid, "recipe": case, "mean": f"{sum(reached) / len(reached):.1f}",
         "least": f"{min(reached):.1f}", "most": f"{max(reached):.1f}"}
        for (grid, case), reached in of_recipe.items()
    ]  # fmt: skip
    files = " and ".join(GRIDS[grid][0] for grid in dict.fromkeys(r["grid"] for r in rows))
    return (
        f"{show(shown, {name: name for name in shown[0]})}\n\nTest digits read right after the "
        f"last epoch, in %, over the seeds.\nAll runs: {files} in ./out, or in the --out given."
    )
