"""How a training step grows: with threads, images, tokens and width; and what theory expects.

The work of a step has two terms for an image: the linear maps treat every token alike, T D^2, and
attention compares every token with every other, T^2 D. So with more images the time of one falls to
a constant; with more tokens it rises like T, and in the end like T^2; with more width like D, and
in the end like D^2; with n threads it falls to 1/n at best. The curves are drawn beside these
asymptotes: the two terms at the machine's ceiling if that can be measured (else at the best rate
seen), and 1/n of one thread's time.
"""

from contextlib import ExitStack
from dataclasses import replace

from minivit.models.cost import BACKWARD_AND_FORWARD

from .ceiling import CeilingTurns, ceiling_turns
from .configurations import CASES, TINY, Case, vit
from .model_sides import EngineSide
from .options import Options, has_matplotlib, progress
from .rows import row, show
from .scaling_theory import add_theory, flops_between_tokens
from .shares import settled
from .sides import Worker
from .timing import alternate

THREADED = ("cifar", "Ti/16", "S/16", "B/16")  # the models whose gain from threads is measured
COLUMNS = {
    "axis": "axis", "model": "model", "value": "value", "ms / image": "ours", "least": "least_ms",
    "images/s": "images_per_second", "GFLOP/s": "gflops", "of ceiling %": "share_of_ceiling",
    "speed-up": "speedup",
}  # fmt: skip
AXES = {
    "threads": "threads", "batch": "batch B", "tokens": "tokens T", "width": "width D"
}  # fmt: skip


def measure(options: Options) -> list[dict]:
    """A row for each point of the four curves; the picture too, if Matplotlib is there."""
    backend = options.chosen_backends()[0]
    models = [TINY] if options.tiny else [CASES[name] for name in THREADED]
    points = [("threads", None, case) for case in models]
    points += [(axis, *one) for axis, found in curves(options).items() for one in found]
    with ExitStack() as stack:
        ceilings = {
            n: stack.enter_context(ceiling_turns(replace(options, threads=n), "float32"))
            for n in thread_counts(options)
        }
        rows = settled(
            points,
            lambda one: timed(*one, backend, options),
            lambda one, found: with_shares(found, ceilings),
            *ceilings.values(),
        )
    add_theory(rows, ceilings)
    if has_matplotlib():
        from .figures import draw_scaling

        draw_scaling(rows, AXES, options.out / "scaling.png")
    return rows


def report(rows: list[dict]) -> str:
    """The table, and where the picture is."""
    picture = (
        "The curves and their asymptotes: scaling.png in ./out, or the --out that was given."
        if has_matplotlib()
        else "For the curves as a picture: pip install matplotlib."
    )
    return (
        f"{show(rows, COLUMNS)}\n\nA training step, {rows[0]['side']} backend, median. least: its "
        f"FLOPs at the ceiling of as many threads.\n{picture}"
    )


def curves(options: Options) -> dict[str, list[tuple[int, Case]]]:
    """The points of each axis but threads: the value, and what is trained there."""
    if options.tiny:
        return {
            axis: [(1, TINY), (2, replace(TINY, batch=4))] for axis in AXES if axis != "threads"
        }
    cifar = CASES["cifar"].config
    sides = (16, 28, 32, 48, 64, 96, 128)  # with patches of 4: T = 17, 50, 65, 145, 257, 577, 1025
    by_tokens = [vit("", side, 4, 3, 192, 3, 3) for side in sides]
    by_width = [vit("", 32, 4, 3, 64 * i, 3, i) for i in (1, 2, 3, 4, 6, 8, 12)]
    return {
        "batch": [(b, Case(cifar, b)) for b in (1, 2, 4, 8, 16, 32, 64, 128)],
        "tokens": [(c.tokens, Case(c, 4)) for c in by_tokens],
        "width": [(c.width, Case(c, 16)) for c in by_width],
    }


def timed(axis: str, value: int | None, case: Case, backend: str, options: Options) -> list[dict]:
    """The rows of one point of a curve, or of one model with every number of threads."""
    if axis == "threads":
        return by_threads(case, backend, options)
    progress(f"scaling: {axis} {value}")
    (seconds,) = in_turns([options.threads], case, backend, options).values()
    return [point(axis, value, case, backend, options.threads, seconds)]


def by_threads(case: Case, backend: str, options: Options) -> list[dict]:
    """One model with 1, 2, 4, ... and all threads, in turns, with the speed-ups."""
    progress(f"scaling: threads, {case.name}")
    seconds = in_turns(thread_counts(options), case, backend, options)
    return [
        point("threads", count, case, backend, count, found) | {"speedup": seconds[1] / found}
        for count, found in seconds.items()
    ]


def thread_counts(options: Options) -> list[int]:
    """1, 2, 4, ... and all threads."""
    n = options.threads
    return sorted({1, n, *(1 << i for i in range(n.bit_length() - 1))})


def in_turns(counts: list[int], case: Case, backend: str, options: Options) -> dict[int, float]:
    """Median seconds of a training step with each number of threads, a process for each."""
    with ExitStack() as stack:
        timers = {}
        for count in counts:
            worker = stack.enter_context(Worker(EngineSide, case, backend, threads=count))
            worker.ask("build")
            timers[count] = worker.timer("train")
        return alternate(timers, options, usual=3 * len(timers))


def point(axis: str, value: int, case: Case, backend: str, threads: int, seconds: float) -> dict:
    """The time of a training step per image, in ms, and what it is made of."""
    attention = BACKWARD_AND_FORWARD * flops_between_tokens(case.config)
    return row(
        "scaling", f"{axis} {value}", backend, 1e3 * seconds / case.batch, "ms per image",
        axis=axis, model=case.name, value=value, threads=threads, batch=case.batch,
        images_per_second=case.batch / seconds, gflops=case.step_flops / seconds / 1e9,
        product_gflop=(case.step_flops / case.batch - attention) / 1e9,
        attention_gflop=attention / 1e9,
    )  # fmt: skip


def with_shares(rows: list[dict], ceilings: dict[int, CeilingTurns]) -> list[dict]:
    """The rows, and which share of the ceiling of as many threads each reaches."""
    shares = [ceilings[found["threads"]].share(found["gflops"]) for found in rows]
    return [found | {"share_of_ceiling": share} for found, share in zip(rows, shares, strict=True)]
