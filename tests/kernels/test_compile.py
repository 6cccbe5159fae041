"""How kernels are compiled and entered: announcements, threads, forks, thread pools."""

import io
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

numba = pytest.importorskip("numba")

from minivit.kernels import announce, compile  # noqa: E402

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


def dispatcher(name: str, module: str = "minivit.kernels.any", signatures: int = 0):
    function = SimpleNamespace(__name__=name, __module__=module)
    return SimpleNamespace(py_func=function, signatures=[None] * signatures)


def event(of) -> SimpleNamespace:
    return SimpleNamespace(data={"dispatcher": of})


@pytest.fixture
def announcer(monkeypatch):
    """One of three kernels, that hears of nothing but what a test tells it."""
    counted = {name: dispatcher(name) for name in ("one", "two", "three")}
    with monkeypatch.context() as deaf:
        deaf.setattr(announce.event, "register", lambda kind, listener: None)
        return announce.Announcer(counted, "once per machine")


@pytest.fixture
def terminal(monkeypatch):
    screen = io.StringIO()
    screen.isatty = lambda: True
    monkeypatch.setattr(announce, "sys", SimpleNamespace(stderr=screen))
    return screen


def test_a_terminal_counts_from_1_to_the_last(announcer, terminal):
    for number, kernel in enumerate(announcer.kernels.values(), start=1):
        announcer.on_start(event(kernel))
        announcer.on_start(event(dispatcher("piece")))  # compiled on the way
        announcer.on_end(event(dispatcher("piece")))
        kernel.signatures.append("float32")
        announcer.on_end(event(kernel))
        shown = f"minivit: compiling kernels ({number} of 3), once per machine"
        assert terminal.getvalue() == f"\r\x1b[K{shown}\r\x1b[K"
        terminal.seek(0)
        terminal.truncate()


def test_what_the_cache_had_counts_too(announcer, terminal):
    announcer.kernels["one"].signatures.append("float32")
    announcer.kernels["three"].signatures.append("float32")
    announcer.on_start(event(announcer.kernels["two"]))
    assert "(3 of 3)" in terminal.getvalue()


def test_a_second_dtype_is_counted_from_1_again(announcer, terminal):
    for kernel in announcer.kernels.values():
        kernel.signatures.append("float32")
    announcer.on_start(event(announcer.kernels["two"]))
    assert "(1 of 3)" in terminal.getvalue()


def test_into_a_file_it_is_one_line(announcer, capsys):
    for kernel in announcer.kernels.values():
        announcer.on_start(event(kernel))
        announcer.on_end(event(kernel))
    assert capsys.readouterr().err == "minivit: compiling kernels, once per machine\n"


def test_what_others_compile_is_their_affair(announcer, capsys):
    announcer.on_start(event(dispatcher("theirs", module="somebody.elses")))
    announcer.on_end(event(dispatcher("theirs", module="somebody.elses")))
    assert capsys.readouterr().err == ""
    assert announcer.depth == 0


def test_a_body_that_is_called_by_address_is_announced(announcer, capsys):
    with announcer.body():
        pass  # it came from the cache: no pass of the compiler ran
    assert capsys.readouterr().err == ""
    with announcer.body():
        numba.njit(lambda x: x + 1)(1)
    assert "compiling kernels" in capsys.readouterr().err
    assert announcer.depth == 0


def test_a_training_step_calls_every_kernel_that_is_counted():
    code = (
        "train()\nfrom minivit.kernels.compile import kernels\n"
        "print(len(kernels) > 4, [name for name in kernels if not kernels[name].signatures])"
    )
    done = python(STEP + code)
    assert done.stdout == "True []\n", done.stderr


def test_other_peoples_functions_are_not_counted():
    def theirs(x):
        return x

    before = dict(compile.kernels)
    compile.parallel_jit(theirs)
    assert compile.kernels == before


def test_our_cache_is_not_theirs():
    before = str(numba.config.CACHE_DIR)
    compile.parallel_jit(lambda x: x)
    assert before == numba.config.CACHE_DIR


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
    layer, count = compile.layer_and_threads()
    assert isinstance(layer, str) and count == numba.get_num_threads()
