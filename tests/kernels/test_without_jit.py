"""The kernels as plain Python: with Numba's JIT off every line can be stepped through.

The few pieces in registers have twins on arrays for that, which this keeps right.
"""

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]

NAMES = "elementary", "twins", "edges", "guards", "attention_lanes", "attention_bf16"
# Loops over a million numbers, which Python would spend minutes on.
LONG = ["sums_float32_in_float64", "long_vectors", "equal_logits", "rows_are_prob", "mean_0_and"]
OTHER = ["numbers_too_small"]  # the processor's instruction takes them for 0
LEFT_OUT = " and not ".join(["numpy", *LONG, *OTHER])


def test_a_selection_of_the_tests_passes_with_the_jit_off():
    files = [
        "ops",
        *(f"kernels/test_{name}.py" for name in NAMES),
        "kernels/product/test_bf16.py",
    ]
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    # What overflows is meant to: compiled code does so silently, NumPy's scalars warn.
    command += ["-W", "ignore::RuntimeWarning", "-k", f"not {LEFT_OUT}"]
    environment = os.environ | {
        "NUMBA_DISABLE_JIT": "1",
        "MINIVIT_HYPOTHESIS": "few",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    result = subprocess.run(
        [*command, *(str(TESTS / file) for file in files)],
        cwd=TESTS.parent, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout[-5000:] + result.stderr[-1000:]
    assert "passed" in result.stdout
