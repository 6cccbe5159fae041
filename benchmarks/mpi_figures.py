"""The drawing of `mpi`: processes here, and what theory expects of 1 to 1,024 machines."""

from pathlib import Path

from .figures import plt, save
from .mpi_theory import MACHINES, PAPER_BATCH, Point

STYLES = {"blocking": "o", "overlapped": "^", "ordered": "s"}
TICKS = MACHINES[::2]


def draw(rows: list[dict], here: dict[str, dict[int, Point]], path: Path) -> None:
    """A line of three panels for each model; `here`: what theory expects on this machine."""
    figure, lines = plt.subplots(
        len(here), 3, figsize=(14, 4.3 * len(here)), layout="constrained", squeeze=False
    )
    for (name, points), (left, middle, right) in zip(here.items(), lines, strict=True):
        of_model = [row for row in rows if row["configuration"] == name]
        draw_here(left, [r for r in of_model if r["kind"] == "measured"], points)
        left.set_title(f"{name}: processes of this machine, measured")
        theory = [r for r in of_model if r["kind"] == "theory"]
        draw_weak(middle, theory)
        middle.set_title(f"{name}: each machine has a batch of its own")
        draw_strong(right, theory)
        right.set_title(f"{name}: a batch of {PAPER_BATCH:,}, shared out")
        for panel in (middle, right):
            panel.set_xscale("log", base=2)
            panel.set_xticks(TICKS, [f"{p:,}" for p in TICKS])
            panel.set_xlabel("machines")
    for panel in lines.flat:
        panel.grid(alpha=0.3)
        panel.legend(fontsize=8)
    save(figure, path)


def draw_here(panel, rows: list[dict], points: dict[int, Point]) -> None:
    """Times as many images as one process of one thread: threads, processes, theory."""
    alone = rows[0]["images_per_second"]  # of one process with one thread
    threads = [r for r in rows if r["mode"] is None]
    panel.plot([r["threads"] for r in threads],
               [r["images_per_second"] / alone for r in threads], "x-", color="black",
               label="threads of one process")  # fmt: skip
    for mode, marker in STYLES.items():
        found = [r for r in rows if r["mode"] == mode]
        panel.plot([r["processes"] for r in found],
                   [r["images_per_second"] / alone for r in found], marker, markersize=8,
                   fillstyle="none", label=f"processes of one thread, {mode}")  # fmt: skip
    panel.plot(list(points), [p.speedup for p in points.values()], "--", color="grey",
               label="theory, blocking: alpha and beta as measured")  # fmt: skip
    panel.plot(list(points), list(points), ":", color="grey", label="p times as fast")
    panel.set(xlabel="threads or processes", ylabel="images/s, times those of one thread")
    panel.set_xticks(list(points))


def draw_weak(panel, rows: list[dict]) -> None:
    """Which part of their speed the machines keep."""
    for network in dict.fromkeys(r["network"] for r in rows):
        found = [r for r in rows if r["network"] == network]
        panel.plot([r["machines"] for r in found], [100 * r["efficiency"] for r in found], "o-",
                   markersize=4, label=network)  # fmt: skip
    panel.set(ylabel="efficiency, %", ylim=(0, 105))


def draw_strong(panel, rows: list[dict]) -> None:
    """Times as fast as one machine; a ring where the sum begins to take longer than all else."""
    for network in dict.fromkeys(r["network"] for r in rows):
        found = [r for r in rows if r["network"] == network]
        (line,) = panel.plot([r["machines"] for r in found], [r["speedup"] for r in found], "o-",
                             markersize=4, label=network)  # fmt: skip
        panel.plot(
            [r["machines"] for r in found if r["machines"] == r["turning_point"]],
            [r["speedup"] for r in found if r["machines"] == r["turning_point"]], "o",
            markersize=11, fillstyle="none", color=line.get_color(),
        )  # fmt: skip
    panel.plot([], [], "o", markersize=11, fillstyle="none", color="grey",
               label="the sum takes longer than all else")  # fmt: skip
    panel.plot(MACHINES, MACHINES, ":", color="grey", label="p times as fast")
    panel.set_yscale("log", base=2)
    panel.set_yticks(TICKS, [f"{p:,}" for p in TICKS])
    panel.set_ylabel("speed-up over one machine")
