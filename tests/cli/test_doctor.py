"""`minivit doctor`: facts, and a sentence for each thing that is off."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from minivit.checking import twins
from minivit.checking.calls import OPS
from minivit.checking.twins import Twin
from minivit.cli import checkup, doctor

WELL = {
    "versions": {"minivit": "1", "python": "3", "numpy": "2", "numba": "0.60", "llvmlite": "0.43",
                 "blas": "openblas"},
    "trouble": None,
    "processor": {"name": "a processor", "system": "Linux x86_64", "vectors": "AVX2"},
    "self-test": [Twin("mlp", "float32", 1e-7), Twin("mlp", "float64", 1e-16)],
    "threads": {"processors": 4, "threads": 4, "blas threads": "4", "layer": "omp",
                "kernel threads": 4},
    "cache": {"folder": "/home/me", "state": "in use", "files": 3, "bytes": 10**6,
              "old folders": 0, "old bytes": 0, "why off": None, "temporary": False},
    "product": {"chosen": "numba", "reason": "why", "numba GFLOP/s": 200, "blas GFLOP/s": 180},
}  # fmt: skip


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in checkup.SLOWING:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(checkup, "processor_quota", lambda: None)


def advice(**changes) -> list[str]:
    """What is advised when some facts are otherwise than well."""
    facts = {name: WELL[name] for name in WELL}
    for name, change in changes.items():
        name = name.replace("_", "-")
        facts[name] = {**WELL[name], **change} if isinstance(change, dict) else change
    return list(checkup.advice(facts))


def test_nothing_to_do_when_all_is_well():
    assert advice() == []


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"trouble": "Numba needs NumPy 2.4 or less"}, "pip install --upgrade numba"),
        ({"trouble": "No module named 'numba'", "versions": {"numba": None}},
         "(No module named 'numba'), so that all runs on NumPy, several times slower: "
         "`pip install numba`"),
        ({"threads": {"threads": 1, "kernel threads": 1}}, "1 of 4 processors are used: unset"),
        ({"threads": {"threads": 9, "kernel threads": 9}}, "set MINIVIT_NUM_THREADS=4, or"),
        ({"threads": {"kernel threads": 2}}, "run on 2 threads, and 4 were asked for"),
        ({"cache": {"state": "off", "why off": "MINIVIT_CACHE=0"}}, "MINIVIT_CACHE=0, and every"),
        ({"cache": {"state": "off", "why off": "neither a nor b can be written"}},
         "can't be kept (neither a nor b can be written)"),
        ({"cache": {"temporary": True}}, "set XDG_CACHE_HOME to a folder"),
        ({"self_test": [Twin("mlp", "float32", 0.5)]}, "differ from their ops: mlp in float32."),
        ({"self_test": [Twin("mlp", "float64", float("nan"))]}, "mlp in float64. Set MINIVIT_BAC"),
    ],
)  # fmt: skip
def test_one_sentence_for_each_thing_that_is_off(changes, words):
    (sentence,) = advice(**changes)
    assert words in sentence and sentence.endswith(".")


def test_a_container_that_gets_less_time_than_it_shows(monkeypatch):
    monkeypatch.setattr(checkup, "processor_quota", lambda: 2.0)
    (sentence,) = advice()
    assert "the time of 2 processors: set MINIVIT_NUM_THREADS=2." in sentence
    assert advice(threads={"threads": 2, "kernel threads": 2}) == []


@pytest.mark.parametrize("name, value", [("NUMBA_DISABLE_JIT", "1"), ("NUMBA_OPT", "0")])
def test_settings_that_slow_the_kernels_down(name, value, monkeypatch):
    monkeypatch.setenv(name, value)
    assert advice() == [f"{name} is set, and slows the kernels down: unset it."]
    monkeypatch.setenv(name, checkup.SLOWING[name][0])
    assert advice() == []


def test_text_when_all_is_well():
    text = doctor.as_text({**WELL, "advice": []})
    assert text.endswith("\n\nAll is well.")
    assert "4 on 4 processors, layer omp; BLAS: 4" in text
    assert "all 2 comparisons of a kernel with its op agree" in text


def test_text_with_advice_and_old_caches():
    cache = {**WELL["cache"], "old folders": 3, "old bytes": 5e6}
    text = doctor.as_text({**WELL, "cache": cache, "advice": ["Do this."]})
    assert text.endswith("\n\nTo do:\n- Do this.")
    assert "3 older caches beside it, 5.0 MB; `minivit warmup` removes them" in text


def test_a_kernel_that_differs_is_counted():
    assert doctor.verdict([Twin("mlp", "float32", 1.0)]) == "1 of 1 kernels differ from their ops"


def python(*arguments, **environment) -> subprocess.CompletedProcess:
    unset = ("MINIVIT_", "NUMBA_", "OMP_", "OPENBLAS_")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(unset)}
    return subprocess.run(
        [sys.executable, *arguments], env={**kept, **environment}, capture_output=True, text=True
    )


def test_on_this_machine():
    pytest.importorskip("numba")
    done = python("-m", "minivit", "doctor", "--json")
    facts = json.loads(done.stdout)
    assert done.returncode == (0 if facts["ok"] else 1), done.stderr
    assert facts["ok"] == (facts["advice"] == [])
    assert len(facts["self-test"]) == 2 * (len(OPS) + 2)
    assert all(test["ok"] for test in facts["self-test"])
    assert facts["product"]["chosen"] in ("numba", "blas")
    assert facts["product"]["numba GFLOP/s"] > 0


def test_without_numba(tmp_path):
    (tmp_path / "numba.py").write_text("raise ImportError('Numba needs NumPy 1.0 or less')")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from minivit.cli.main import main; sys.exit(main(['doctor']))"
    )
    done = python("-c", code)
    assert done.returncode == 1, done.stderr
    assert "none: Numba needs NumPy 1.0 or less" in done.stdout
    assert "Numba can't be used (Numba needs NumPy 1.0 or less), so that all" in done.stdout


def test_a_training_without_numba_says_so_and_goes_on(tmp_path):
    (tmp_path / "numba.py").write_text("raise ImportError('Numba needs NumPy 1.0 or less')")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from minivit import backend; backend.prefer('numba'); print(backend.name())"
    )
    done = python("-c", code)
    assert done.stdout == "numpy\n"
    assert done.stderr.startswith("minivit: the Numba backend can't be used here (Numba needs")
    assert done.stderr.endswith("going on with NumPy.\n") and done.stderr.count("\n") == 1


class Wrong:
    """Kernels whose softmax is a little off, and whose LayerNorm gives NaN."""

    def __getattr__(self, name):
        from minivit import ops

        right = getattr(ops, name)
        if name == "softmax_forward":
            return lambda x: (right(x)[0] * 1.001, right(x)[1])
        if name == "layernorm_backward":
            return lambda dy, cache: (dy * np.nan, *right(dy, cache)[1:])
        return right


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_self_test_finds_what_is_wrong(dtype):
    wrong = [twin.op for twin in twins.compare(Wrong(), dtype) if not twin.ok]
    assert wrong == ["layernorm", "softmax"]
