"""How kernels are entered: threads, forks, thread pools."""

import os
import subprocess
import sys

import pytest

numba = pytest.importorskip("numba")

from minivit.kernels.compiling import entrance  # noqa: E402

STEP = """
import sys, hashlib, numpy as np, minivit
from minivit import backend
from minivit.optim import Adam
def train(seed=0, steps=3):
    model = minivit.ViT(minivit.variant("digits", depth=1), seed)
    adam = Adam(model.parameters)
    rng = np.random.default_rng(0)
    images, labels = rng.uniform(0, 1, (16, 8, 8, 1)).astype(np.float32), rng.integers(10, size=16)
    for _ in range(steps):
        ops = backend.current()
        logits, cache = model.forward(images)
        loss, entropy = ops.cross_entropy_forward(logits, labels=labels)
        model.zero_gradients()
        model.backward(ops.cross_entropy_backward(loss, entropy), cache)
        ops.global_norm(model.gradients.flat)
        adam.step(model.gradients, 1e-3)
    return hashlib.sha256(model.parameters.flat.tobytes()).hexdigest()
backend.use("numba")
"""


def python(code: str, **environment: str) -> subprocess.CompletedProcess:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MINIVIT_", "NUMBA_"))}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**kept, "OPENBLAS_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
    )


def test_a_training_step_calls_every_kernel_that_is_counted():
    code = (
        "train()\nfrom minivit.kernels.compiling.start import kernels\n"
        "print(len(kernels) > 4, [name for name in kernels if not kernels[name].signatures])"
    )
    done = python(STEP + code)
    assert done.stdout == "True []\n", done.stderr


LAYER = """
import numpy as np
from minivit import InputError
from minivit.kernels.softmax import softmax_forward
try: print(softmax_forward(np.zeros((1, 2), np.float32))[0])
except InputError as error: print(error)
"""


@pytest.mark.parametrize("layer", ["nonsense", "tbb 3"])
def test_a_thread_pool_that_is_not_there_is_a_sentence(layer):
    done = python(LAYER, NUMBA_THREADING_LAYER=layer)
    assert done.returncode == 0, done.stderr
    assert f"Numba can't start its threads (The threading layer requested '{layer}'" in done.stdout
    assert "unset NUMBA_THREADING_LAYER" in done.stdout


def test_the_thread_pool_that_is_advised_is_there():
    assert python(LAYER, NUMBA_THREADING_LAYER="workqueue").stdout == "[[0.5 0.5]]\n"


@pytest.mark.parametrize("given", ["nonsense", "0", "100000"])
def test_a_number_of_threads_that_is_none_is_a_sentence(given):
    done = python("import minivit.kernels", NUMBA_NUM_THREADS=given)
    last = done.stderr.splitlines()[-1]
    assert last.startswith(
        f"minivit.errors.InputError: NUMBA_NUM_THREADS is '{given}': expected a whole number from 1"
    )


FORK = """
train()
import os
from minivit import InputError
child = os.fork()
if child == 0:
    try:
        train()
        os._exit(3)
    except InputError as error:
        print(error, flush=True)
        os._exit(7 if backend.use("numpy") and train() else 4)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_a_forked_child_says_what_to_do():
    done = python(STEP + FORK)
    assert "this process was forked from one in which kernels had run" in done.stdout
    assert done.stdout.endswith("\n7\n"), done.stderr  # and NumPy works in it


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_a_child_forked_after_parallel_code_of_others_says_so_too():
    others = "import numba, numpy\nnumba.njit(lambda x: x + 1, parallel=True)(numpy.ones(1000))\n"
    done = python(STEP + others + FORK.replace("train()\nimport os", "import os", 1))
    assert "this process was forked" in done.stdout
    assert done.stdout.endswith("\n7\n"), done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_a_child_forked_before_any_kernel_ran_may_run_them():
    code = (
        "import os\nchild = os.fork()\n"
        "if child == 0:\n    train(); os._exit(5)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"
    )
    done = python(STEP + code)
    assert done.stdout == "5\n", done.stderr


THREADS = """
import threading
alone = train(1)
found = []
workers = [threading.Thread(target=lambda: found.append(train(1))) for _ in range(4)]
for worker in workers: worker.start()
for worker in workers: worker.join()
print(found == [alone] * 4)
"""


@pytest.mark.parametrize("layer", ["default", "workqueue"])
def test_four_python_threads_get_the_same_bits(layer):
    done = python(STEP + THREADS, NUMBA_THREADING_LAYER=layer)
    assert done.stdout == "True\n", done.stderr


@pytest.mark.parametrize("layer", ["omp", "workqueue", "tbb"])
def test_the_same_bits_in_two_processes(layer):
    code = STEP + "print(train(2)); import numba; print(numba.threading_layer())"
    settings = {"NUMBA_THREADING_LAYER": layer, "MINIVIT_NUM_THREADS": "3"}
    first, second = python(code, **settings), python(code, **settings)
    if "No threading layer could be loaded" in first.stderr:
        pytest.skip(f"{layer} is not installed")
    assert first.stdout.split()[1:] == [layer], first.stderr
    assert first.stdout == second.stdout


@pytest.mark.parametrize(
    "settings, count",
    [
        ({"MINIVIT_NUM_THREADS": "1"}, 1),
        ({"MINIVIT_NUM_THREADS": "5"}, 5),  # more than there may be processors
        ({"MINIVIT_NUM_THREADS": "3", "NUMBA_NUM_THREADS": "2"}, 3),  # ours is the clearer word
        ({"NUMBA_NUM_THREADS": "2"}, 2),
    ],
)
def test_the_threads_of_the_pool(settings, count):
    done = python("import minivit.kernels, numba; print(numba.get_num_threads())", **settings)
    assert done.stdout == f"{count}\n", done.stderr


def test_more_threads_than_processors_still_compute():
    done = python(STEP + "print(len(train()))", MINIVIT_NUM_THREADS="5")
    assert done.stdout == "64\n", done.stderr


def test_openmp_reads_how_long_to_wait_and_children_do_not():
    code = "import os, minivit.kernels; print('GOMP_SPINCOUNT' in os.environ)"
    assert python(code).stdout == "False\n"
    assert python(code, GOMP_SPINCOUNT="7").stdout == "True\n"


def test_layer_and_threads_in_words():
    layer, count = entrance.layer_and_threads()
    assert isinstance(layer, str) and count == numba.get_num_threads()
