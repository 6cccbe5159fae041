"""Steps and inferences in bf16 beside float32: ours in both, and PyTorch in both if asked for.

All sides alternate in one run. PyTorch's bf16 is autocast's, and its float32 is shown too, since it
is often the quicker one: the fair opponent is the better of the two, figure by figure.
"""

from functools import partial

from .agreement import AGREE, assert_agreement
from .ceiling import CeilingTurns, ceiling_turns
from .configurations import Case
from .model_figures import PROCESSES, Figure, chosen_cases, figures
from .model_sides import EngineSide
from .options import Options
from .rows import mean_row, means_text, row, show
from .shares import settled
from .sides import Worker
from .torch_side import TorchSide

QUICKER = "PyTorch's better one"
COLUMNS = {
    "configuration": "configuration", "what": "what", "side": "side", "median": "ours",
    "unit": "unit", "ratio to PyTorch": "torch_ratio", "ratio to float32": "float32_ratio",
    "images/s": "images_per_second", "GFLOP/s": "gflops", "of ceiling %": "share_of_ceiling",
}  # fmt: skip


def measure(options: Options) -> list[dict]:
    """A row for each model, figure and side, then the geometric means."""
    backends = options.chosen_backends()
    engines = backends if options.backends else backends[:1]
    engines = [*engines, "torch"] if options.vs == "torch" else engines
    sides = [f"{engine} {precision}" for engine in engines for precision in ("bf16", "float32")]

    def measured(case: Case) -> list[Figure]:
        starts = {side: partial(worker, case, side, options) for side in sides}
        return list(figures(case, starts, options, turns=1, agree=agree))

    def rows(case: Case, found: list[Figure]) -> list[dict]:
        return [made for figure in found for made in figure_rows(case, figure, ceiling, options)]

    with ceiling_turns(options, "float32", "bf16") as ceiling:
        found = settled(chosen_cases(options), measured, rows, ceiling)
    return found + means(found)


def made(rows: list[dict]) -> bool:
    """Whether `measure` above made these rows."""
    return "float32_ratio" in rows[0]


def worker(case: Case, side: str, options: Options, environment=None) -> Worker:
    """A process with the model of a side such as "torch bf16"."""
    engine, precision = side.split()
    if engine == "torch":
        make = TorchSide, case, options.threads, precision
    else:
        make = EngineSide, case, engine, precision, precision == "bf16" and options.emulate
    return Worker(*make, threads=options.threads, environment=environment)


def agree(outputs: dict[str, dict]) -> None:
    """Float32 as closely as ever; the sides in bf16 as closely as its 8 bits allow."""
    exact = {side: found for side, found in outputs.items() if side.endswith("float32")}
    assert_agreement(exact, AGREE["float32"])
    first = next(iter(exact))
    assert_agreement({first: exact[first], **outputs}, AGREE["bf16"])


def figure_rows(
    case: Case, figure: Figure, ceiling: CeilingTurns, options: Options
) -> list[dict]:  # fmt: skip
    """A row for each side: against PyTorch's better one, or without it against our own float32."""
    theirs = [side for side in figure.of if side.startswith("torch")]
    quicker = min(theirs, key=figure.of.get, default=None)
    rows = []
    for side, value in figure.of.items():
        engine, precision = side.split()
        own = f"{engine} float32" if precision == "bf16" else None
        opponents = {"torch_ratio": quicker if engine != "torch" else None, "float32_ratio": own}
        ratios = {n: other and ratio(figure, side, other) for n, other in opponents.items()}
        chosen = "torch_ratio" if theirs else "float32_ratio"
        other = opponents[chosen]
        found = row(
            "step", f"{case.name} {figure.what}", side, value, figure.unit, other,
            figure.of.get(other), ratios[chosen], configuration=case.name, what=figure.what,
            **ratios,
        )  # fmt: skip
        rows.append(found | rates(case, figure, value, ceiling, kind_of(side, options)))
    return rows


def ratio(figure: Figure, side: str, other: str) -> float:
    """Turn by turn where there are turns, else that of the medians; above 1 the side is better."""
    return figure.ratio(side, other) or figure.of[other] / figure.of[side]


def kind_of(side: str, options: Options) -> str:
    """Which ceiling stands above a side: that of the instruction by which it multiplies."""
    engine, precision = side.split()
    emulates = engine == "numpy" or (engine == "numba" and options.emulate)
    return "float32" if emulates else precision


def rates(case: Case, figure: Figure, value: float, ceiling: CeilingTurns, kind: str) -> dict:
    """Of a training step or an inference: images and FLOPs each second."""
    if not figure.flops:
        return {}
    gflops = figure.flops / value / 1e6
    return {
        "images_per_second": case.batch / value * 1e3, "gflops": gflops,
        "share_of_ceiling": ceiling.share(gflops, kind),
    }  # fmt: skip


def means(rows: list[dict]) -> list[dict]:
    """The geometric mean over the models of each ratio, for each figure and side."""
    found = []
    for key, against in (("torch_ratio", QUICKER), ("float32_ratio", "its own float32")):
        for what, side in dict.fromkeys((r["what"], r["side"]) for r in rows):
            group = [
                r | {"ratio": r[key], "against": against}
                for r in rows
                if (r["what"], r["side"]) == (what, side)
            ]
            found.append(mean_row("step", what, group))
    return [mean for mean in found if mean]


def report(rows: list[dict]) -> str:
    """The table, the means and what the columns mean."""
    shown = [r for r in rows if r["unit"] != "geometric mean"]
    return (
        f"{show(shown, COLUMNS)}\n\n{means_text(rows)}\n"
        "ratio: above 1 the side is better (faster, or smaller): than PyTorch's better one of the "
        "two for\nthis figure, and than the same engine in float32. Times are medians over "
        f"{PROCESSES} processes of each side\n(--tiny: 1); the sides take turns, and the ratio of "
        "two times is the median of their turns' ratios.\nFLOPs are those of the matrix products; "
        "a side in bf16 has the ceiling of the processor's\ninstruction for it, if it multiplies "
        "by that."
    ).replace("\n\n\n", "\n\n")
