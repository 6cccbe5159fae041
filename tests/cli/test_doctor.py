"""`minivit doctor`: facts, and a sentence for each thing that is off."""

import json
import os
import subprocess
import sys

import pytest
from machine_facts import WELL

from minivit.checking.calls import OPS
from minivit.checking.twins import Twin
from minivit.cli import doctor


def test_text_when_all_is_well():
    text = doctor.as_text({**WELL, "advice": []})
    assert text.endswith("\n\nAll is well.")
    assert "4 on 4 processors, layer omp; BLAS: 4" in text
    assert "all 2 comparisons of a kernel with its op agree" in text


def test_text_with_advice_and_old_caches():
    cache = {**WELL["cache"], "old folders": 3, "old bytes": 5e6}
    text = doctor.as_text({**WELL, "cache": cache, "advice": ["Do this."]})
    assert text.endswith("\n\nTo do:\n- Do this.")
    assert "3 caches beside it that nothing uses, 5.0 MB; `minivit warmup` removes them" in text


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
    tested = {(test["op"], test["dtype"]) for test in facts["self-test"]}
    assert {(op, dtype) for op in OPS for dtype in ("float32", "float64")} <= tested
    assert len(facts["self-test"]) == 2 * (len(OPS) + 4)  # and the optimisers'
    assert all(test["ok"] for test in facts["self-test"])
    assert facts["product"]["chosen"] in ("numba", "blas")
    assert facts["product"]["numba GFLOP/s"] > 0
    assert facts["product"]["bf16"] in ("amx", "avx512_bf16", None)


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
