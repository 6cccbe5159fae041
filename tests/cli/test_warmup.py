"""`minivit warmup`: everything is compiled ahead, and old caches are cleared away."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

pytest.importorskip("numba")

import numba

from minivit import backend
from minivit.checking import rehearsal, twins
from minivit.cli import warmup
from minivit.cli.main import main
from minivit.kernels.compiling import cache, second, start
from minivit.kernels.product.bf16 import instructions

BF16 = ["'--precision', 'bf16', '--emulate'"]
if instructions.instruction() is not None:
    BF16.append("'--precision', 'bf16'")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A cache with one old folder beside it, and no kernel to wait for."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(cache.tempfile, "gettempdir", lambda: str(tmp_path / "temporary"))
    kernels = dict.fromkeys("abcdefg", SimpleNamespace(signatures={"float32": 1}))
    kernels["left out"] = SimpleNamespace(signatures={})
    monkeypatch.setattr(start, "CACHE", cache.cache_folder())
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 0)
    monkeypatch.setattr(second, "pays", lambda: False)  # it would compile into that cache
    monkeypatch.setattr(start, "kernels", kernels)
    monkeypatch.setattr(twins, "compare", lambda kernels, dtype: [])
    old = tmp_path / "minivit" / "kernels-0123456789ab"
    old.mkdir()
    (old / "a.nbc").write_bytes(bytes(200_000))
    return old


def test_it_says_what_is_ready_and_removes_what_is_old(folder, capsys):
    assert main(["warmup"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"7 kernels for float32 are ready in {start.CACHE} (0.0 MB); it took ")
    assert out.endswith("Removed 1 cache that no installation uses (0.2 MB).\n")
    assert not folder.exists() and start.CACHE.is_dir()


def test_without_the_jit_there_is_nothing_to_compile(folder, monkeypatch, capsys):
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    assert main(["warmup"]) == 2
    assert "JIT is off (NUMBA_DISABLE_JIT), so that nothing is compiled" in capsys.readouterr().err
    assert folder.exists()


def test_old_caches_may_be_kept(folder, capsys):
    assert main(["warmup", "--keep-old", "--dtype", "float64"]) == 0
    assert "7 kernels for float64" in capsys.readouterr().out
    assert folder.exists()


@pytest.mark.parametrize("options", [["--precision", "bf16", "--emulate"], []], ids=" ".join)
def test_what_is_compiled_is_what_that_precision_calls(folder, options, monkeypatch, capsys):
    seen = []
    monkeypatch.setattr(rehearsal, "compiled", set())
    monkeypatch.setattr(rehearsal, "compile_call", lambda *call: seen.append(backend.precision()))
    assert main(["warmup", *options]) == 0
    assert set(seen) == {"bf16, emulated" if options else "float32"} and len(seen) > 10
    how = ", products in emulated bf16," if options else ""
    assert capsys.readouterr().out.startswith(f"7 kernels for float32{how} are ready")


def test_gradient_checks_round_nothing(folder, capsys):
    assert main(["warmup", "--precision", "bf16", "--dtype", "float64", "--emulate"]) == 2
    assert "these round nothing: leave out --precision" in capsys.readouterr().err
    assert folder.exists()


def test_bf16_is_not_promised_where_it_can_not_be_had(folder, monkeypatch, capsys):
    monkeypatch.setattr(instructions, "instruction", lambda: None)
    assert main(["warmup", "--precision", "bf16"]) == 2
    assert "there is no instruction here that multiplies bfloat16" in capsys.readouterr().err


def test_what_can_not_be_removed_is_told(capsys):
    stubborn = SimpleNamespace(
        old_folders=lambda: [start.CACHE] * 2,
        size=lambda path: 0,
        remove=lambda path: False,
        forget_the_gone=lambda: None,
    )
    warmup.remove_old(stubborn)
    assert capsys.readouterr().out.startswith("2 more can't be removed; they lie in ")


def test_without_a_cache_it_is_no_use(monkeypatch, capsys):
    monkeypatch.setattr(start, "CACHE", None)
    monkeypatch.setenv("MINIVIT_CACHE", "0")
    assert main(["warmup"]) == 2
    assert "the cache of kernels is off (MINIVIT_CACHE=0)" in capsys.readouterr().err


def test_other_dtypes_are_refused():
    with pytest.raises(SystemExit) as stop:
        main(["warmup", "--dtype", "float16"])
    assert stop.value.code == 2


AFTERWARDS = """
from minivit.cli.main import main
assert main(["warmup", "--keep-old", {options}]) == 0
from minivit import TrainingConfig, load_dataset, train
from minivit.kernels.compiling.by_address import ByAddress
from minivit.kernels.compiling.shared import Shared
from minivit.kernels.compiling.start import kernels
later = []
for made in (ByAddress, Shared):
    def compiled(self, *of, go_on=made.compile_for):
        later.append(self.function.__name__)
        return go_on(self, *of)
    made.compile_for = compiled
left = [name for name, kernel in kernels.items() if not kernel.signatures]
train(TrainingConfig(epochs=1, batch=512, warmup_epochs=0.5), load_dataset("digits"))
print("left out:", *left)
print("later:", *later)
"""


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
@pytest.mark.parametrize("options", ["", *BF16], ids=str)
def test_a_training_afterwards_compiles_nothing(options):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MINIVIT_", "NUMBA_"))}
    program = AFTERWARDS.format(options=options)
    done = subprocess.run([sys.executable, "-c", program], env=kept, capture_output=True, text=True)
    *_, left, later = done.stdout.splitlines() or [done.stderr] * 2
    assert later == "later:"
    if not options:
        assert left == "left out:"
