"""Every benchmark at a size of no meaning: it runs, the sides agree, it reports. No time is
asserted, and PyTorch is not needed."""

import argparse
import ast
import importlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import MISSING
from pathlib import Path

import numpy as np
import pytest

import minivit
from minivit import ViT, backend, threads
from minivit.checking.calls import OPS
from minivit.checkpoints.foreign.table import written
from minivit.checkpoints.foreign.timm import TIMM
from minivit.cli import bench
from minivit.cli.main import main
from minivit.course import results
from minivit.errors import InputError
from minivit.fields import described_fields
from minivit.models import ViTConfig, parameter_count
from minivit.training import TrainingConfig

PACKAGE = bench.command().__package__  # "benchmarks", or inside minivit once installed


def part(name):
    return importlib.import_module(f"{PACKAGE}.{name}")


agreement, configurations, options = part("agreement"), part("configurations"), part("options")
model_figures, op_cases, op_sides = part("model_figures"), part("op_cases"), part("op_sides")
products = part("products")
rows, sides, step, timing = part("rows"), part("sides"), part("step"), part("timing")
ceiling, shares, step_bf16 = part("ceiling"), part("shares"), part("step_bf16")
precision, roundings = part("precision"), part("roundings")


@pytest.fixture
def kernels():
    """Skips a test where the kernels can't run; asked late, so that only such tests load Numba."""
    reason = options.why_no_kernels()
    if reason:
        pytest.skip(reason)


@pytest.fixture(autouse=True)
def without_torch(monkeypatch):
    for name in ("options", "ops"):
        monkeypatch.setattr(part(name), "has_torch", lambda: False)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """A folder with another minivit and its benchmarks, to the letter those that are tested."""
    folder, package = tmp_path_factory.mktemp("checkout"), Path(minivit.__file__).parent
    beside = package.parent / "benchmarks"
    for source in (package, beside) if beside.is_dir() else (package,):
        shutil.copytree(source, folder / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def run(capsys, *argv) -> str:
    parser = argparse.ArgumentParser()
    bench.add_arguments(parser)
    untimed = argv[0] in ("ceiling", "learning", "parity", "precision", "transfer")
    short = ["--tiny"] if untimed else ["--tiny", "--repeats", "1"]
    assert bench.run(parser.parse_args([*argv, *short])) == 0
    return capsys.readouterr().out


def test_the_benchmarks_are_those_beside_the_minivit_that_runs(checkout):
    code = "from minivit.cli import bench; print(bench.command().__file__)"
    command, alone = [sys.executable, "-c", code], {"PYTHONPATH": ""}
    found = subprocess.run(
        command, cwd=checkout, env=os.environ | alone, capture_output=True, text=True, check=True
    ).stdout
    assert Path(found.strip()).is_relative_to(checkout)


def test_step_reports_training_and_inference_as_json(capsys):
    found = json.loads(run(capsys, "step", "--backends", "numpy", "--json"))
    assert {"cpu", "cores", "threads", "versions"} <= set(found["machine"])
    assert [row["case"] for row in found["rows"]] == ["tiny training", "tiny inference"]
    for row in found["rows"]:
        assert {"benchmark", "case", "ours", "theirs", "ratio", "unit"} <= set(row)
        assert row["ours"] > 0 and row["images_per_second"] > 0
        assert row["theirs"] is None and row["ratio"] is None  # nobody to compare with


def test_step_measures_memory_and_the_first_step(capsys):
    text = run(capsys, "step", "--backends", "numpy", "--memory", "--first-step")
    lines = [line for line in text.splitlines() if line.startswith("tiny ")]
    assert len(lines) == 4  # a cold cache makes no difference to NumPy: one line for both
    assert "peak memory" in lines[2] and "first step" in lines[3]


def test_step_compares_the_backends(kernels, capsys):
    found = json.loads(run(capsys, "step", "--json"))["rows"]
    timed = {row["case"]: row for row in found}
    assert timed["tiny training"]["side"] == "numba"
    assert timed["tiny training"]["against"] == "numpy"


def test_step_against_another_checkout(checkout, capsys):
    options = "--backends", "numpy", "--memory", "--first-step"
    text = run(capsys, "step", "--against", str(checkout), *options)
    assert f"old: {checkout}" in text
    found = json.loads(run(capsys, "step", "--against", str(checkout), *options, "--json"))["rows"]
    figures = ["training", "inference", "peak memory", "first step, cached"]
    assert [row["what"] for row in found] == figures
    for row in found:
        assert (row["side"], row["against"], row["old"]) == ("numpy", "old numpy", str(checkout))
        if row["unit"] != "ms":  # that of times is taken turn by turn
            assert row["ratio"] == pytest.approx(row["theirs"] / row["ours"])


def test_a_checkout_that_disagrees_is_not_timed(checkout, tmp_path, capsys):
    shutil.copytree(checkout, tmp_path, dirs_exist_ok=True)
    with (tmp_path / "minivit" / "ops" / "__init__.py").open("a") as file:
        file.write(
            "\nright = head_forward\n\n\ndef head_forward(*inputs, **options):\n"
            "    y, cache = right(*inputs, **options)\n    return y + 1, cache\n"
        )
    with pytest.raises(InputError, match="new and old disagree on logits"):
        run(capsys, "step", "--against", str(tmp_path), "--backends", "numpy")


def test_what_is_no_checkout_or_too_old_is_said_in_a_sentence(tmp_path, capsys):
    def refused() -> str:
        command = ["bench", "step", "--tiny", "--backends", "numpy", "--against", str(tmp_path)]
        assert main(command) == 2
        return capsys.readouterr().err

    assert f"{tmp_path} is no checkout of minivit" in refused()
    (tmp_path / "minivit").mkdir()
    (tmp_path / "minivit" / "__init__.py").touch()
    assert "No module named 'minivit.errors'" in refused()
    with pytest.raises(InputError, match="choose one of them"):
        run(capsys, "step", "--against", str(tmp_path), "--vs", "torch")


def test_step_in_bf16_beside_float32(capsys):
    options = "--precision", "bf16", "--backends", "numpy", "--memory"
    found = json.loads(run(capsys, "step", *options, "--json"))["rows"]
    figures = ["tiny training", "tiny inference", "tiny peak memory"]
    assert [(row["case"], row["side"]) for row in found] == [
        (figure, side) for figure in figures for side in ("numpy bf16", "numpy float32")
    ]
    for rounded, exact in zip(found[::2], found[1::2], strict=True):
        assert rounded["against"] == "numpy float32" and rounded["theirs"] == exact["ours"]
        assert rounded["ratio"] == rounded["float32_ratio"] > 0
        assert exact["ratio"] is exact["float32_ratio"] is None
    text = run(capsys, "step", *options)
    assert "ratio to float32" in text and "ratio to PyTorch" not in text


def test_step_in_emulated_bf16_on_the_kernels(kernels, capsys):
    found = json.loads(run(capsys, "step", "--precision", "bf16", "--emulate", "--json"))["rows"]
    assert {row["side"] for row in found} == {"numba bf16", "numba float32"}
    assert all(0 < row["share_of_ceiling"] <= 1 for row in found)  # of float32's, both


def test_the_fair_opponent_is_pytorchs_quicker_precision():
    of = {"numba bf16": 1.0, "numba float32": 2.0, "torch bf16": 6.0, "torch float32": 4.0}
    figure = model_figures.Figure("training", "ms", of, 10**6)
    known = ceiling.CeilingTurns(
        lambda kind: {"float32": 1.0, "bf16": 2.0}[kind], ("float32", "bf16")
    )
    known.turn()
    case, asked = configurations.TINY, options.Options(precision="bf16")
    found = {row["side"]: row for row in step_bf16.figure_rows(case, figure, known, asked)}
    ours, own, autocast, theirs = found.values()
    assert (ours["against"], ours["theirs"]) == ("torch float32", 4.0)
    assert (ours["ratio"], ours["float32_ratio"]) == (4.0, 2.0)
    assert (own["ratio"], own["float32_ratio"]) == (2.0, None)
    assert (autocast["ratio"], autocast["float32_ratio"]) == (None, pytest.approx(2 / 3))
    assert theirs["ratio"] is theirs["float32_ratio"] is None
    assert [row["share_of_ceiling"] for row in (ours, own)] == [0.5, 0.5]
    again = [row | {"case": "other"} for row in found.values()]
    means = step_bf16.means([*found.values(), *again])
    assert [(m["side"], m["against"], round(m["ratio"], 3)) for m in means] == [
        ("numba bf16", "PyTorch's better one", 4.0),
        ("numba float32", "PyTorch's better one", 2.0),
        ("numba bf16", "its own float32", 2.0),
        ("torch bf16", "its own float32", 0.667),
    ]


def test_sides_in_bf16_must_agree_too():
    right = {"logits": np.linspace(-1, 1, 9)}
    near, far = ({"logits": right["logits"] * f} for f in (1.01, 1.2))
    step_bf16.agree({"numba bf16": near, "numba float32": right, "torch float32": right})
    with pytest.raises(InputError, match="numba float32 and numba bf16 disagree on logits"):
        step_bf16.agree({"numba bf16": far, "numba float32": right})
    with pytest.raises(InputError, match="numba float32 and torch float32 disagree on logits"):
        step_bf16.agree({"numba bf16": near, "numba float32": right, "torch float32": near})


def test_bf16_against_another_checkout(checkout, tmp_path, capsys):
    options = "--backends", "numpy", "--precision", "bf16", "--json"
    found = json.loads(run(capsys, "step", "--against", str(checkout), *options))["rows"]
    assert [(row["side"], row["against"]) for row in found] == [("numpy", "old numpy")] * 2
    shutil.copytree(checkout, tmp_path, dirs_exist_ok=True)
    with (tmp_path / "minivit" / "backend.py").open("a") as file:
        file.write("\nlater = use\n\n\ndef use(name, *, matmul=None):\n    return later(name)\n")
    run(capsys, "step", "--against", str(tmp_path), "--backends", "numpy")
    with pytest.raises(InputError, match="knows no precision but float32"):
        run(capsys, "step", "--against", str(tmp_path), *options)


def test_bf16_without_an_instruction_is_refused_in_a_sentence(kernels, monkeypatch, capsys):
    monkeypatch.setattr("minivit.kernels.product.bf16.instructions.instruction", lambda: None)
    assert main(["bench", "step", "--tiny", "--precision", "bf16"]) == 2
    assert "no instruction here that multiplies bfloat16" in capsys.readouterr().err
    assert main(["bench", "step", "--tiny", "--backends", "numpy", "--emulate"]) == 2
    assert "emulation is asked for" in capsys.readouterr().err


def stand_in(*found):
    """A ceiling that is found to be each of these in turn, and then the last for ever."""
    left = list(found)
    return ceiling.CeilingTurns(lambda kind: left.pop(0) if left[1:] else left[0], ("float32",))


def shown(rates: list[float], turns) -> tuple[list, int]:
    """The shares of one case whose rate is found to be each of these, and how often it was."""
    count = 0

    def measure(case):
        nonlocal count
        count += 1
        return rates[min(count, len(rates)) - 1]

    found = shares.settled(
        ["case"], measure, lambda case, rate: [{"share_of_ceiling": turns.share(rate)}], turns
    )
    return [row["share_of_ceiling"] for row in found], count


def test_a_ceiling_that_was_too_low_is_measured_again():
    assert shown([50.0], stand_in(40.0, 45.0, 100.0)) == ([0.5], 1)  # the case was right
    assert shown([50.0], stand_in(100.0, 40.0)) == ([0.5], 1)  # the best of all turns counts


def test_a_rate_above_the_ceiling_is_measured_again_and_never_shown():
    assert shown([120.0, 80.0], stand_in(100.0)) == ([0.8], 2)  # the ceiling was right
    assert shown([120.0], stand_in(100.0)) == ([None], 1 + shares.ROUNDS)
    assert shown([120.0], ceiling.CeilingTurns(None, ())) == ([None], 1)  # no ceiling is known


def test_names_that_only_one_side_has_are_not_compared():
    found = model_figures.shared({"new": {"y": 1, "dgamma": 2}, "old": {"y": 3, "dnorm1": 4}})
    assert found == {"new": {"y": 1}, "old": {"y": 3}}


@pytest.mark.parametrize(
    ("asked", "turns", "wanted"),
    [({"seconds": 6.0}, 1, [(2.0, 1)] * 3), ({"seconds": 6.0}, 5, [(2.0, 5)] * 3),
     ({"tiny": True}, 1, [(model_figures.USUAL, timing.LEAST_BLOCKS)])],
)  # fmt: skip
def test_times_are_those_of_some_processes_a_side(monkeypatch, asked, turns, wanted):
    """Each has its part of the time; the calls of all of them count."""
    parts = []

    def measured(case, sides, share, least, agree):
        parts.append((share.seconds, least))
        of_sides = {side: [[len(parts)]] for side in sides}
        return {"training": of_sides, "inference": of_sides}

    monkeypatch.setattr(model_figures, "calls_in_turns", measured)
    sides = dict.fromkeys(("ours", "theirs"))
    asked = options.Options(threads=1, **asked)
    training, inference = model_figures.figures(configurations.TINY, sides, asked, turns=turns)
    assert parts == wanted
    for figure in (training, inference):
        calls = [[n] for n in range(1, len(wanted) + 1)]
        assert figure.calls == {"ours": calls, "theirs": calls}


def test_every_cold_start_has_an_empty_cache_of_its_own():
    starts = []

    class Start:
        def __init__(self, side, environment):
            self.cache = Path(environment[model_figures.CACHE_VARIABLE])
            starts.append((side, self.cache.exists()))

        def __enter__(self):
            return self

        def __exit__(self, *exception):
            pass

        def ask(self, method):
            self.cache.mkdir(exist_ok=True)
            (self.cache / "f.kernel").touch()

    sides = {
        side: lambda environment, side=side: Start(side, environment) for side in ("new", "old")
    }
    cached, cold = model_figures.first_steps(sides, turns=2)
    assert (cached.what, cold.what) == ("first step, cached", "first step, no cache")
    turns = [[("new", there), ("old", there)] for there in (False, False, True, True)]
    assert starts == [start for turn in turns for start in turn]


def test_ops_run_on_numpy_alone(capsys):
    text = run(capsys, "ops", "--backends", "numpy")
    assert "attention_branch" in text and "backward" in text


@pytest.mark.parametrize(
    "name",
    [
        "ceiling",
        "products",
        "ops",
        "roofline",
        "variations",
        "augmentation",
        "learning",
        "loading",
        "precision",
        "scaling",
        "transfer",
    ],
)
def test_kernels_are_measured(name, kernels, capsys, tmp_path):
    if name == "roofline":
        pytest.importorskip("matplotlib")
    out = ("--out", str(tmp_path)) if name in ("roofline", "scaling", "learning") else ()
    found = json.loads(run(capsys, name, "--json", *out))["rows"]
    assert all(row["ours"] > 0 for row in found if row["unit"] != "geometric mean")
    assert (tmp_path / "roofline.png").exists() == (name == "roofline")


def test_the_roofline_in_bf16(kernels, capsys, tmp_path):
    pytest.importorskip("matplotlib")
    from minivit.kernels.product.bf16.instructions import instruction

    if instruction() is None:
        pytest.skip("no instruction for bf16")
    out = "--precision", "bf16", "--out", str(tmp_path), "--json"
    found = json.loads(run(capsys, "roofline", *out))["rows"]
    twice = {row["kind"] for row in found if row["precision"] == "bf16"}
    assert twice == {*part("roofline").WITH_PRODUCTS, "matrix product"}
    assert all(row["share_of_roof"] > 0 for row in found)
    assert (tmp_path / "roofline.png").exists()


def test_scaling_draws_its_curves(capsys, tmp_path):
    pytest.importorskip("matplotlib")
    assert "scaling.png" in run(capsys, "scaling", "--backends", "numpy", "--out", str(tmp_path))
    assert (tmp_path / "scaling.png").read_bytes().startswith(b"\x89PNG")


def test_learning_writes_the_table_that_a_lesson_reads(kernels, capsys, tmp_path, monkeypatch):
    text = run(capsys, "learning", "pooling", "--out", str(tmp_path / "new"))
    assert "cls, 0.0005" in text and "15_pooling.csv in ./out" in text
    assert os.listdir(tmp_path / "new") == ["15_pooling.csv"]
    monkeypatch.setattr(results, "lesson_folder", lambda: tmp_path)
    (tmp_path / "new").rename(tmp_path / "results")
    found = results.read_result("15_pooling.csv")
    assert found.made.startswith("python -m benchmarks learning pooling")
    assert [(row["pool"], row["learning_rate"]) for row in found.rows] == [
        ("cls", 0.0005), ("cls", 0.001)
    ]  # fmt: skip
    assert all(0 < row["test_accuracy"] <= 1 for row in found.rows)


def test_precision_tells_what_each_rounding_changes(capsys):
    found = json.loads(run(capsys, "precision", "--configs", "digits-bench", "--json"))["rows"]
    error = {row["side"]: row["ours"] for row in found}
    logits = {row["side"]: row["logits"] for row in found}
    assert error["nothing: float32"] < 1e-5 < 1e-3 < error["all, by NumPy"] < 0.1
    assert {f"only {name}" for name in roundings.PARTS} - set(error) == {
        "only attention's products"  # which bf16 leaves alone where tokens are few
    }
    assert logits["only products x w"] == logits["all, by NumPy"]
    for side in ("only products dy w^T (dx)", "only products x^T dy (dw)", "only gradients dy"):
        assert logits[side] == logits["nothing: float32"] and error[side] > 1e-4
    assert "worst gradient" in run(capsys, "precision")


def test_only_a_part_is_rounded():
    rng = np.random.default_rng(0)
    x, w, dy = (rng.standard_normal(s).astype(np.float32) for s in ((3, 4), (4, 5), (3, 5)))
    assert [roundings.form(*pair) for pair in ((x, w), (dy, w.T), (x.T, dy))] == [
        roundings.FORWARD, roundings.DX, roundings.DW
    ]  # fmt: skip
    from minivit.ops import linear_backward, linear_forward
    from minivit.ops.product import rounded

    with roundings.rounding_only(roundings.PARTS["weights w"]):
        y, cache = linear_forward(x, w)
        dx, dw, _ = linear_backward(dy, cache)
    np.testing.assert_array_equal(y, x @ rounded(w))
    np.testing.assert_array_equal(dx, dy @ rounded(w).T)
    np.testing.assert_array_equal(dw, x.T @ dy)
    np.testing.assert_array_equal(linear_forward(x, w)[0], x @ w)  # as before


def test_the_lessons_tables_are_those_of_the_grids():
    learning = part("learning")
    assert tuple(learning.GRIDS) == bench.command().GRIDS
    for file, grid in learning.GRIDS.values():
        rows = results.read_result(file).rows
        for changes in grid:
            same = [row for row in rows if changes.items() <= row.items()]
            assert {row["seed"] for row in same} >= set(learning.SEEDS), changes
        assert len(rows) == len(grid) * len(learning.SEEDS)


def test_what_is_missing_is_said_in_a_sentence(monkeypatch, capsys):
    with pytest.raises(InputError, match="install its CPU build"):
        run(capsys, "step", "--vs", "torch")
    with pytest.raises(InputError, match=r"'tinny'.*digits-bench, fashion"):
        configurations.cases("tinny")
    with pytest.raises(InputError, match=r"'jax'.*numpy"):
        options.Options(backends="jax").chosen_backends()
    for name in ("options", "ceiling", "precision"):
        monkeypatch.setattr(part(name), "why_no_kernels", lambda: "Numba is away")
    for name in ("ceiling", "products", "roofline", "variations", "augmentation", "learning",
                 "loading", "transfer"):  # fmt: skip
        with pytest.raises(InputError, match="needs the Numba kernels: Numba is away"):
            run(capsys, name)
    assert options.Options().chosen_backends() == ["numpy"]  # where there is a choice, go on
    assert "timing the NumPy backend alone" in capsys.readouterr().err


def test_parity_without_a_library_says_what_is_needed(monkeypatch, capsys):
    monkeypatch.setattr(part("parity"), "find_spec", lambda name: None)
    with pytest.raises(InputError, match="timm needs torch and timm; hf needs torch and transf"):
        run(capsys, "parity")


def test_parity_names_the_gradient_that_is_wrong():
    parity, computed, wrong = part("parity"), part("computed"), "blocks.1.mlp.fc1.weight"

    def compute(c, task):
        model = ViT(c, dtype="float64")
        model.parameters.flat[:] = task.spread * task.rng.standard_normal(model.layout.size)
        logits, cache = model.forward(task.images)
        model.backward(task.dlogits, cache)
        weights, gradients = (
            written(TIMM.table, c, arrays) for arrays in (model.parameters, model.gradients)
        )
        gradients[wrong][0, 0] += 1e-3 * np.abs(gradients[wrong]).max()
        return computed.Computed(weights, logits, gradients)

    found = parity.compared("timm", compute, parity.SMALL)
    verdicts = [(row["dtype"], row["what"], row["verdict"]) for row in found]
    assert verdicts == [
        (dtype, what, verdict)
        for dtype in ("float64", "float32")
        for what, verdict in (("logits", "right"), ("gradients", "wrong"))
    ]
    assert {row["where"] for row in found} == {"", wrong}


@pytest.mark.parametrize(
    "argv, sentence",
    [
        (
            ["ops", "--configs", "B/16"],
            "bench ops has no use for --configs; leave it out, or run step",
        ),
        (["products", "--first-step"], "bench products has no use for --first-step; "),
        (
            ["ceiling", "--seconds", "3"],
            "ops and step and scaling and roofline and variations and augmentation",
        ),
        (
            ["step", "--out", "here"],
            "bench step has no use for --out; leave it out, or run scaling",
        ),
        (["roofline", "--backends", "numpy"], "or run ops and step and scaling"),
        (["ops", "pooling"], "bench ops has no use for pooling; leave it out, or run learning"),
        (["products", "--precision", "bf16"], "or run step and roofline"),
        (
            ["scaling", "--emulate"],
            "bench scaling has no use for --emulate; leave it out, or run step",
        ),
        (["learning", "--repeats", "2"], "bench learning has no use for --repeats; "),
    ],
)
def test_an_option_without_a_use_is_refused(argv, sentence, capsys):
    assert main(["bench", *argv]) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("given", ["inf", "nan", "0", "-1", "long"])
def test_a_time_that_never_ends_is_refused(given, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["bench", "step", f"--seconds={given}"])
    assert stop.value.code == 2
    assert f"{given!r}: expected a number above 0" in capsys.readouterr().err


def test_every_option_of_the_model_is_a_variation():
    timed = {name for changes in part("variations").VARIATIONS for name in changes}
    given = {f.name for f in described_fields(ViTConfig) if f.help and f.default is not MISSING}
    assert given - timed == {"eps"}  # a number that costs nothing


def test_every_change_of_images_is_timed():
    timed = {name for changes in part("augmentation").CHANGES for name in changes}
    assert timed == {f.name for f in described_fields(TrainingConfig) if f.group == "augmentation"}


def test_what_a_benchmark_takes_it_has_as_an_option():
    command = bench.command()
    assert set(command.TAKES) == set(command.BENCHMARKS)
    for taken in command.TAKES.values():
        assert set(taken) <= set(options.Options.__dataclass_fields__)


def test_flops_of_a_step():
    case, T, D = configurations.CASES["Ti/16"], 197, 192
    # A patch's projection; in each of twelve blocks 12 D^2 weights; the class of one token.
    linear_maps = 2 * (196 * 768 * D + 12 * T * 12 * D**2 + D * 1000)
    between_tokens = 12 * 4 * T**2 * D
    assert case.inference_flops == 8 * (linear_maps + between_tokens)
    assert case.step_flops == 3 * case.inference_flops
    assert part("scaling").flops_between_tokens(case.config) == between_tokens


def test_the_six_models():
    found = {
        name: (c.config.tokens, c.config.width, c.config.depth, c.config.heads, c.batch)
        for name, c in configurations.CASES.items()
    }
    assert found == {
        "digits-bench": (17, 64, 4, 4, 64),
        "fashion": (50, 64, 6, 4, 128),
        "cifar": (65, 192, 9, 3, 64),
        "Ti/16": (197, 192, 12, 3, 8),
        "S/16": (197, 384, 12, 6, 8),
        "B/16": (197, 768, 12, 12, 4),
    }
    assert all(c.config.mlp == 4 * c.config.width for c in configurations.CASES.values())
    assert parameter_count(configurations.CASES["B/16"].config) == 86_567_656


def test_a_ratio_above_1_is_better_for_us():
    assert rows.row("b", "faster", "numba", 1.0, "ms", "torch", 2.0)["ratio"] == 2
    assert rows.row("b", "more", "numba", 2.0, "GFLOP/s", "numpy", 1.0)["ratio"] == 2
    found = rows.rows_of("b", "c", {"numba": 1.0, "numpy": 3.0, "torch": 2.0}, "ms")
    assert [(r["side"], r["against"], r["ratio"]) for r in found] == [
        ("numba", "torch", 2.0),
        ("numpy", "torch", pytest.approx(2 / 3)),
    ]
    (alone,) = rows.rows_of("b", "c", {"numba": 1.0, "numpy": 3.0}, "ms")
    assert (alone["against"], alone["ratio"]) == ("numpy", 3.0)


def test_the_mean_of_ratios_and_the_worst():
    found = [rows.row("b", f"case {r}", "numba", 1.0, "ms", "torch", r) for r in (0.5, 2.0, 8.0)]
    mean = rows.mean_row("b", "all", found)
    assert mean["ratio"] == pytest.approx(2.0)
    assert (mean["worst"], mean["worst_case"]) == (0.5, "case 0.5")


def test_sides_take_turns():
    calls = []

    def side(name):
        return lambda count: calls.append(name) or [{"a": 0.5, "b": 2.0}[name]] * count

    chosen = options.Options(repeats=2)
    assert timing.alternate({"a": side("a"), "b": side("b")}, chosen, usual=0) == {"a": 0.5, "b": 2}
    assert calls == ["a", "b"] * 3  # one turn to see how long a call takes, then two
    calls.clear()
    timing.alternate({"a": side("a")}, options.Options(seconds=1e-9), usual=0, least=5)
    assert calls == ["a"] * 6  # short as the time is


def test_a_slow_phase_of_the_machine_moves_no_ratio():
    """From the second turn on everything takes three times as long; a call is disturbed."""
    ours = [[1.0, 1.0, 9.0], [3.0, 3.0, 3.0], [3.0, 3.0, 3.0]]
    theirs = [[2.0, 2.0], [6.0, 6.0], [6.0, 60.0, 6.0]]
    assert timing.ratio_in_turns(ours, theirs) == 2.0
    assert rows.row("b", "c", "numba", 1.0, "ms", "old", 3.0, 2.0)["ratio"] == 2.0


def test_a_turn_ends_when_its_threads_sleep(monkeypatch):
    busy, looks = 3, []

    def process_time():  # a pool spins while we look at it three times, then it sleeps
        return min(len(looks), busy) * threads.LOOK

    monkeypatch.setattr(threads.time, "process_time", process_time)
    monkeypatch.setattr(threads.time, "sleep", looks.append)
    timing.time_calls(lambda: None, 1)
    assert looks == [threads.LOOK] * (busy + 1)


def test_sides_that_disagree_are_not_timed():
    right = {"y": np.ones(5), "dx": np.arange(5.0)}
    agreement.assert_agreement({"ours": right, "theirs": right}, 1e-6)
    for wrong in (np.ones(5) * 1.01, np.full(5, np.nan), np.ones(4)):
        with pytest.raises(InputError, match="ours and theirs disagree on y"):
            agreement.assert_agreement({"ours": right, "theirs": right | {"y": wrong}}, 1e-3)


def test_a_worker_answers_and_hands_errors_on():
    with sides.Worker(products.ProductSide, "numpy", threads=1) as worker:
        case = products.products(tiny=True)[0]
        (found,) = worker.ask("outputs", case).values()
        a, b = case.operands()
        np.testing.assert_array_equal(found, (a @ b).reshape(-1))
        assert len(worker.ask("time", 2)) == 2
        with pytest.raises(RuntimeError, match="in the process of one side"):
            worker.ask("no_such_method")
        worker.process.kill()
        with pytest.raises(InputError, match="the process of one side ended"):
            worker.ask("time", 1)
    with (
        sides.Worker(op_sides.EngineOps, "jax", threads=1) as worker,
        pytest.raises(InputError, match="'jax'"),
    ):
        worker.ask("outputs", op_cases.op_cases(tiny=True)[0])


def test_a_worker_is_given_its_threads(monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    with sides.Worker(os.getenv, "OPENBLAS_NUM_THREADS", threads=3) as worker:
        assert worker.ask("__str__") == "3"
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"


@pytest.mark.parametrize("case", products.products(tiny=True), ids=lambda c: c.form)
def test_products_count_right(case):
    a, b = case.operands()
    y = a @ b
    assert case.bytes == a.nbytes + b.nbytes + y.nbytes
    assert case.flops == 2 * y.size * a.shape[-1]


def test_every_op_has_its_cases_and_its_colour():
    cases = op_cases.op_cases(tiny=True)
    assert {case.op for case in cases} == {*OPS, *op_sides.FORWARD_ONLY}
    pytest.importorskip("matplotlib")
    colours = part("figures").COLOURS
    assert {case.op for case in cases if case.flops} | {"matrix product"} == set(colours)


def test_pytorch_has_a_function_for_every_op():
    """Read from the text, since the tests have no PyTorch."""
    told = []
    for name in ("torch_ops.py", "torch_maps.py"):
        module = ast.parse(Path(op_cases.__file__).with_name(name).read_text("utf-8"))
        (table,) = (node.value for node in module.body if isinstance(node, ast.Assign)
                    and ast.unparse(node.targets[0]) == "FUNCTIONS")  # fmt: skip
        (names,) = (node.keys for node in ast.walk(table) if isinstance(node, ast.Dict))
        told += map(ast.literal_eval, names)
    assert sorted(told) == sorted(OPS)


@pytest.mark.parametrize("case", op_cases.op_cases(tiny=True), ids=lambda c: c.op)
def test_op_cases_fit_their_ops(case):
    with backend.use("numpy"):
        side = op_sides.EngineOps("numpy")
        shown = side.outputs(case)
        if case.op in op_sides.OPTIMISERS:
            before, *rest = case.inputs()  # the gradients are read, all else is written too
            assert case.numbers("forward") == before.size * (1 + 2 * len(rest))
            assert np.abs(shown["parameters"] - before.ravel()).max() > 10 * op_cases.AGREE
            return
        inputs = [array.shape for array in case.inputs()]
        y = np.asarray(side.calls["forward"]()[0] if "backward" in side.calls else 1.0)
        assert y.shape == (case.out if case.op != "global_norm" else ())
        if "backward" in side.calls:
            assert len(shown) == 1 + len(inputs)
            assert case.numbers("backward") == case.numbers("forward") + sum(map(np.prod, inputs))
