"""`minivit train` in several processes: one of them speaks, and what stops one stops all."""

import os
import subprocess
import sys

import pytest
from launching import LAUNCHERS, SMALL, TESTS, bits, environment, every_mpi, launch, said

from minivit.checkpoints import load, read_header
from minivit.processes import own_number, started, started_here
from minivit.threads import thread_count

WAYS = [["-m", "minivit"], ["-m", "mpi4py", "-m", "minivit"]]


@every_mpi
@pytest.mark.parametrize("way", WAYS)
def test_two_processes_write_the_run_of_one_that_accumulates(mpi, way, tmp_path):
    done = launch(mpi, 2, *way, *SMALL, "--epochs", "2", "--out", str(tmp_path / "two"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Test accuracy after the last epoch") == 1
    assert "in each of 2 processes" in done.stdout and done.stderr == ""
    one = [*SMALL, "--epochs", "2", "--accumulate", "2", "--out", str(tmp_path / "one")]
    subprocess.run([sys.executable, "-m", "minivit", *one], env=environment(), check=True)
    assert bits(tmp_path / "two") == bits(tmp_path / "one")
    assert read_header(tmp_path / "two")["training"]["bits"]["processes"] == 2


@every_mpi
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "options, sentence",
    [
        (["--nonsense", "1"], "no option --nonsense"),
        (["--data", "/nowhere"], "/nowhere does not exist"),
        (["--learning-rate", "1e30"], "training diverged in epoch 1"),
    ],
)
def test_what_all_find_wrong_one_says_and_all_end(mpi, way, options, sentence, tmp_path):
    done = launch(mpi, 2, *way, *SMALL, *options, "--out", str(tmp_path / "run"))
    assert done.returncode == 2 and len(said(done)) == 1 and sentence in said(done)[0]


WRONG = """
import sys
from minivit import InputError
from minivit.cli.main import main
from minivit.processes import own_number
from minivit.training import Training

errors = {
    "input": InputError("mine is damaged"), "bug": ZeroDivisionError("a bug"),
    "exit": SystemExit(3), "leave": SystemExit(), "interrupt": KeyboardInterrupt(), "nan": "nan",
    "file": FileNotFoundError(2, "No such file", "mine.png"),
}
raised, place = errors[sys.argv.pop(1)], sys.argv.pop(1)
method = getattr(Training, place)

def changed(self, *given):
    if self.state.epoch == 1 and raised == "nan":
        self.model.parameters["head.w"][0, 0] = float("nan")
    elif self.state.epoch == 1 and own_number() == 1:
        raise raised
    return method(self, *given)

setattr(Training, place, changed)
sys.exit(main())
"""


@every_mpi
@pytest.mark.parametrize(
    "raised, code, sentence",
    [
        ("input", 2, "minivit: mine is damaged"),
        ("bug", 1, "ZeroDivisionError: a bug"),
        ("exit", 3, ""),
        ("leave", 0, ""),
        ("interrupt", 130, "to go on from it, run mpiexec -n 2 minivit train --resume"),
        ("file", 2, "After that, go on from the last checkpoint with mpiexec -n 2 minivit train"),
        ("nan", 2, "training diverged in epoch 2, step 2: the first tensor with NaN"),
    ],
)
def test_what_one_process_alone_raises_ends_all(mpi, raised, code, sentence, tmp_path):
    """The checkpoint of the first epoch stays."""
    (tmp_path / "wrong.py").write_text(WRONG)
    wrong = [str(tmp_path / "wrong.py"), raised, "take_step"]
    call = [*wrong, *SMALL, "--quiet", "--out", str(tmp_path / "run")]
    done = launch(mpi, 2, *call)
    assert done.returncode == code
    assert done.stderr.count(sentence) == 1 or not sentence
    assert read_header(tmp_path / "run")["training"]["state"]["epoch"] == 1


@every_mpi
def test_a_batch_that_one_machine_cannot_hold_is_said_once(mpi, tmp_path):
    (tmp_path / "wrong.py").write_text(WRONG)
    call = [str(tmp_path / "wrong.py"), "input", "prepare_what_fits", *SMALL, "--out"]
    done = launch(mpi, 2, *call, str(tmp_path / "run"))
    assert done.returncode == 2 and len(said(done)) == 1
    assert "in process 1: mine is damaged. The last good checkpoint, after epoch 1," in done.stderr


BEFORE = """
import os, sys
from minivit.cli.main import main
from minivit.processes import own_number

if own_number() == 1:
    os.environ["MINIVIT_NUM_THREADS"] = "many"
sys.exit(main())
"""


@every_mpi
@pytest.mark.parametrize("way", [[], ["-m", "mpi4py"]])
def test_what_is_wrong_on_one_machine_before_anything_is_imported_ends_all(mpi, way, tmp_path):
    (tmp_path / "wrong.py").write_text(BEFORE)
    call = [*way, str(tmp_path / "wrong.py"), *SMALL, "--out", str(tmp_path / "run")]
    done = launch(mpi, 3, *call)
    assert done.returncode == 2 and len(said(done)) == 1
    assert "MINIVIT_NUM_THREADS is 'many'" in done.stderr and not (tmp_path / "run").exists()


@every_mpi
def test_another_number_of_processes_goes_on_and_says_so(mpi, tmp_path):
    run = str(tmp_path / "run")
    (tmp_path / "wrong.py").write_text(WRONG)
    wrong = [str(tmp_path / "wrong.py"), "input", "take_step"]
    launch(mpi, 2, *wrong, *SMALL, "--epochs", "2", "--out", run)
    done = launch(mpi, 3, "-m", "minivit", "train", "--resume", run)
    assert done.returncode == 0, done.stderr
    assert (
        "started in 2 processes and goes on in 3 processes: its last bits may differ" in done.stdout
    )
    assert "sums in MPI's order: last bits may differ (not with --ordered)" in done.stdout
    assert load(run).parameters


@every_mpi
def test_finetuning_and_pretraining_in_two(mpi, tmp_path):
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    pretrain = "--epochs 1 --objective mae --decoder-width 8 --out".split()
    done = launch(mpi, 2, "-m", "minivit", *SMALL, *pretrain, first)
    assert done.returncode == 0, done.stderr
    call = ["finetune", first, "--data", "digits", "--epochs", "1", "--head-only", "--out", second]
    done = launch(mpi, 2, "-m", "minivit", *call)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Test accuracy after the last epoch") == 1


@every_mpi
def test_a_time_holds_for_all(mpi, tmp_path):
    """Each process would find other epochs; that they have the same settings, `agree` compares."""
    done = launch(mpi, 2, "-m", "minivit", *SMALL, "--time", "20s", "--out", str(tmp_path / "run"))
    assert done.returncode == 0, done.stderr
    training = read_header(tmp_path / "run")["training"]
    assert training["state"]["epoch"] == training["recipe"]["epochs"] > 0


@every_mpi
@pytest.mark.parametrize("call", ["evaluate run", "warmup", "gradcheck layernorm"])
def test_a_verb_of_one_process_is_refused_in_several(mpi, call):
    done = launch(mpi, 2, "-m", "minivit", *call.split())
    assert done.returncode == 2 and len(said(done)) == 1
    assert "2 processes were started together" in done.stderr and done.stdout == ""


@every_mpi
def test_without_mpi4py_there_is_one_sentence_and_no_run(mpi, tmp_path):
    (tmp_path / "mpi4py.py").write_text("raise ModuleNotFoundError('none')")
    variables = environment()["PYTHONPATH"]
    done = launch(
        mpi, 2, "-m", "minivit", *SMALL, "--out", str(tmp_path / "run"),
        PYTHONPATH=f"{tmp_path}{os.pathsep}{variables}",
    )  # fmt: skip
    assert done.returncode == 2 and len(said(done)) == 1
    assert "pip install 'minivit[mpi]'" in done.stderr and not (tmp_path / "run").exists()


@pytest.mark.skipif("mpich" not in LAUNCHERS, reason="Open MPI's library is found another way")
def test_without_an_mpi_library_there_is_one_sentence_and_no_run(tmp_path):
    nowhere = {"MPI4PY_LIBMPI": "/nowhere/libmpi.so"}
    done = launch("mpich", 2, "-m", "minivit", *SMALL, "--out", str(tmp_path / "run"), **nowhere)
    assert done.returncode == 2 and len(said(done)) == 1
    assert "mpi4py finds no MPI library" in done.stderr and not (tmp_path / "run").exists()


def test_without_a_launcher_nothing_of_mpi_is_imported(tmp_path):
    (tmp_path / "mpi4py").mkdir()
    (tmp_path / "mpi4py" / "__init__.py").touch()  # there is one, whatever is installed
    (tmp_path / "mpi4py" / "MPI.py").touch()
    script = (
        "import sys; from minivit.cli.main import main; "
        f"code = main({[*SMALL, '--epochs', '1', '--quiet', '--out', str(tmp_path / 'run')]}); "
        "assert code == 0 and not any(name.startswith('mpi4py') for name in sys.modules); "
        "from mpi4py import MPI"
    )
    variables = {n: v for n, v in os.environ.items() if n not in ("PMI_SIZE", "PMI_RANK")}
    variables |= {
        "PYTHONPATH": f"{TESTS.parent}{os.pathsep}{tmp_path}", "MINIVIT_BACKEND": "numpy",
    }  # fmt: skip
    subprocess.run([sys.executable, "-c", script], env=variables, check=True)


@pytest.mark.parametrize(
    "variables, processes, here, number",
    [
        ({}, 1, 1, 0),
        ({"PMI_SIZE": "4", "PMI_RANK": "3", "MPI_LOCALNRANKS": "2"}, 4, 2, 3),
        ({"OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "1",
          "OMPI_COMM_WORLD_LOCAL_SIZE": "4"}, 4, 4, 1),
        ({"SLURM_STEP_NUM_TASKS": "6", "SLURM_PROCID": "5",
          "SLURM_STEP_TASKS_PER_NODE": "2(x3)"}, 6, 2, 5),
        ({"SLURM_STEP_NUM_TASKS": "7", "SLURM_PROCID": "6",
          "SLURM_STEP_TASKS_PER_NODE": "3,2(x2)"}, 7, 3, 6),
        ({"PMI_SIZE": "many"}, 1, 1, 0),
    ],
)  # fmt: skip
def test_what_launchers_tell(variables, processes, here, number, monkeypatch):
    for name in ("PMI_SIZE", "PMI_RANK", "MPI_LOCALNRANKS", "MINIVIT_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert (started(), started_here(), own_number()) == (processes, here, number)
    binds = processes > 1 and "MPI_LOCALNRANKS" not in variables
    of_two = min(2, 16 // here) if binds else max(1, 2 // here)
    for cores, bound, threads in [(16, 16, 16 // here), (16, 2, of_two), (1, 1, 1)]:
        monkeypatch.setattr("os.cpu_count", lambda cores=cores: cores)
        monkeypatch.setattr("minivit.threads.available_threads", lambda bound=bound: bound)
        assert thread_count() == threads
