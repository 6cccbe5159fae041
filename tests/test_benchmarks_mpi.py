"""`bench mpi`: theory by hand and at its limits; the table, tiny; what is missing, in sentences."""

import importlib
import json
import math
import os
import shutil
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from minivit.cli import bench
from minivit.cli.main import main
from minivit.errors import InputError

PACKAGE = bench.command().__package__


def part(name):
    return importlib.import_module(f"{PACKAGE}.{name}")


theory, group = part("mpi_theory"), part("mpi_group")
Load, Network, Work = theory.Load, theory.Network, theory.Work
MEGABYTE = Load(10**6, 1)
SLOW = Network("slow", 1e-3, 1e-6)
needs_mpi = pytest.mark.skipif(
    find_spec("mpi4py") is None
    or not (shutil.which("mpiexec", path=Path(sys.executable).parent) or shutil.which("mpiexec")),
    reason="needs mpi4py and an mpiexec: pip install 'minivit[mpi]'",
)


def test_the_sum_by_hand():
    # Two machines: each sends the half that it doesn't add up, and then the half that it did.
    assert theory.bytes_sent(2, 10**6) == 10**6
    assert theory.sum_seconds(2, MEGABYTE, SLOW) == pytest.approx(2 * 1e-3 + 1.0)
    # Eight: 3 halvings and 3 doublings; 1/2 + 1/4 + 1/8 of the vector each way.
    assert theory.bytes_sent(8, 10**6) == 2 * (500_000 + 250_000 + 125_000)
    assert theory.sum_seconds(8, MEGABYTE, SLOW) == pytest.approx(6e-3 + 1.75)
    assert theory.sum_seconds(8, Load(10**6, 5), SLOW) == pytest.approx(30e-3 + 1.75)


def test_the_networks_are_as_fast_as_they_are_called():
    found = [theory.sum_seconds(2, Load(125 * 10**6, 1), n) for n in theory.NETWORKS]
    assert found == pytest.approx([1.0 + 1e-4, 0.1 + 1e-4, 0.01 + 1e-4])


def test_the_limits():
    work, free = Work(0.1, 0.01), Network("free", 0.0, 0.0)
    for kind in (theory.weak, theory.strong):
        alone = kind(1, 8, work, MEGABYTE, SLOW)
        assert (alone.sum, alone.speedup, alone.seconds) == (0.0, 1.0, pytest.approx(0.18))
    for p in theory.MACHINES:
        assert theory.weak(p, 8, work, MEGABYTE, free).efficiency == pytest.approx(1.0)
        # Amdahl: what every machine does whole is a part that no number of machines makes less.
        part_whole = 0.1 / (0.1 + 8 * 0.01)
        amdahl = 1 / (part_whole + (1 - part_whole) / p)
        assert theory.strong(p, 8, work, MEGABYTE, free).speedup == pytest.approx(amdahl)
    many = theory.sum_seconds(2**40, MEGABYTE, Network("no latency", 0.0, 1e-6))
    assert many == pytest.approx(2.0)  # however many machines, each sends all of it twice at most
    late = [theory.strong(p, 8, work, MEGABYTE, SLOW).speedup for p in (2**10, 2**1000)]
    assert late[1] < late[0] < 1  # more machines, more messages


def test_where_the_sum_takes_longer_than_all_else():
    work = Work(0.0, 1.0)
    network = Network("", 0.0, 1e-6)  # 2 (p - 1)/p seconds, against 64 / p: 2 (p - 1) > 64
    assert theory.turning_point(64, work, MEGABYTE, network) == 64
    assert theory.turning_point(60, work, MEGABYTE, network) == 32
    assert theory.turning_point(10**9, work, MEGABYTE, network) is None


@pytest.mark.parametrize("p", [2, 8])
def test_alpha_and_beta_are_found_again(p):
    one = math.log2(p) * 2e-3
    full = theory.bytes_sent(p, 10**6) * 3e-9 + one
    assert theory.network_of("", p, 10**6, full, one) == ("", 2e-3, pytest.approx(3e-9))


@needs_mpi
@pytest.mark.parametrize("threads", ["1", "4"])
def test_processes_are_measured_beside_threads(threads, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("MINIVIT_NUM_THREADS", threads)
    for name in ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS"):
        monkeypatch.delenv(name, raising=False)
    command = ["bench", "mpi", "--tiny", "--repeats", "1", "--backends", "numpy"]
    assert main([*command, "--json", "--out", str(tmp_path)]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    measured = [r for r in rows if r["kind"] == "measured"]
    together = [2] if threads == "1" else [2, 4]
    assert [(r["processes"], r["threads"], r["mode"]) for r in measured] == [
        *[(1, n, None) for n in [1, *together]],
        *[(n, 1, mode) for n in together for mode in ("blocking", "overlapped", "ordered")],
    ]
    assert all(r["ours"] > 0 and r["images_per_second"] > 0 for r in measured)
    size = 4 * part("mpi_side").ViT(part("configurations").TINY.config).parameters.flat.size
    for r in measured:
        if r["mode"]:
            n = r["processes"]
            alone = next(o for o in measured if o["mode"] is None and o["threads"] == n)
            assert r["theirs"] == alone["ours"] and r["ratio"] > 0
            sent = (n - 1) * size if r["mode"] == "ordered" else 2 * (n - 1) / n * size
            assert r["megabytes"] == pytest.approx(sent / 1e6)
            assert 0 < r["mpi_share"] < 1 and (r["sum_ms"] is None) == (r["mode"] == "ordered")
    expected = [r for r in rows if r["kind"] == "theory"]
    assert len(expected) == 3 * 11 and expected[0]["efficiency"] == 1
    if find_spec("matplotlib"):
        assert (tmp_path / "mpi.png").read_bytes().startswith(b"\x89PNG")


@needs_mpi
def test_the_table_says_what_its_columns_mean(tmp_path, capsys):
    command = ["bench", "mpi", "--tiny", "--repeats", "1", "--backends", "numpy"]
    assert main([*command, "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "2 processes, overlapped" in said and "2 (p-1)/p n" in said
    assert "tiny, of 4,096: the sum takes longer than all else at 1 Gbit/s" in said


@needs_mpi
def test_a_group_answers_and_hands_errors_on():
    with group.Group(2, os.getenv, "OPENBLAS_NUM_THREADS", threads=1) as both:
        assert both.ask("__str__") == ["1", "1"]
        with pytest.raises(RuntimeError, match="in one of 2 processes"):
            both.ask("no_such_method")
    with (
        group.Group(2, part("mpi_side").AloneSide, part("configurations").TINY, "jax") as both,
        pytest.raises(InputError, match="'jax'"),
    ):
        both.ask("parameters")


@needs_mpi
def test_processes_that_end_or_never_start_are_told_of(tmp_path, monkeypatch):
    with group.Group(2, os._exit, 3) as both, pytest.raises(InputError, match="a process ended"):
        both.ask("anything")
    stands_in = tmp_path / "mpiexec"
    stands_in.write_text("#!/bin/sh\necho no such fabric >&2\necho ------ >&2\nexit 1\n")
    stands_in.chmod(0o755)
    monkeypatch.setattr(group, "need_mpi", lambda: str(stands_in))
    with pytest.raises(InputError, match=r"did not start .* it said: no such fabric"):
        group.Group(2, os.getenv, "HOME")


@needs_mpi
def test_processes_that_do_not_answer_are_ended(monkeypatch):
    monkeypatch.setattr(group, "LIMIT", 2)
    with (
        group.Group(2, time.sleep, 60) as both,
        pytest.raises(InputError, match="did not answer within 2 seconds"),
    ):
        both.ask("anything")
    assert both.process.poll() is not None


def test_what_is_missing_is_said_in_a_sentence(monkeypatch, capsys):
    def refused() -> str:
        assert main(["bench", "mpi", "--tiny"]) == 2
        return capsys.readouterr().err

    monkeypatch.setattr(group, "find_spec", lambda name: None)
    assert "bench mpi needs mpi4py" in refused()
    monkeypatch.setattr(group, "find_spec", lambda name: name)
    monkeypatch.setattr(shutil, "which", lambda name, path=None: None)
    assert "bench mpi needs mpiexec" in refused()
    monkeypatch.setenv("PMI_SIZE", "2")
    assert "run it without mpiexec" in refused()
