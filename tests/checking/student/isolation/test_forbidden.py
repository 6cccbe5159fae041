"""What Python refuses a student's code: everything is tried on a folder of the test's own."""

import subprocess
import sys

import numpy as np
import pytest

from minivit.checking.student.isolation.answers import Failed

X = np.arange(3.0)
RIGHT = "def relu_forward(x): return x, ()\n"
HEAD = "import ctypes, importlib.util, os, shutil, signal, sys\n"
CHANGE = "PermissionError: the code tried to change a file outside of its own folder"
FOLDER = "PermissionError: the code tried to open a folder that is not its own"
OPS = "PermissionError: the code tried to read minivit's ops, which it is to write itself"
linux = pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")


@pytest.fixture
def other(tmp_path):
    """A folder that is not the student's: FOLDER/sub/file.txt and FOLDER/file.txt."""
    folder = tmp_path / "other"
    (folder / "sub").mkdir(parents=True)
    for path in (folder / "file.txt", folder / "sub" / "file.txt"):
        path.write_text("kept")
        path.chmod(0o644)
    return folder


@pytest.fixture
def refused(student, other):
    """Loads code in which O is the other folder; the sentence of the failure, nothing changed."""

    def said(code: str) -> str:
        process = student(f"{HEAD}O = {str(other)!r}\n{code}\n{RIGHT}")
        with pytest.raises(Failed) as raised:
            process.ops()
        paths = sorted(str(path.relative_to(other)) for path in other.rglob("*"))
        assert paths == ["file.txt", "sub", "sub/file.txt"]
        for path in (other / "file.txt", other / "sub" / "file.txt"):
            assert path.read_text() == "kept" and path.stat().st_mode & 0o777 == 0o644
        return str(raised.value)

    return said


@linux
@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("shutil.rmtree(O)", FOLDER),
        ("shutil.rmtree(O, ignore_errors=True); os.rmdir(O)", CHANGE),
        ("os.open(O, os.O_RDONLY | os.O_DIRECTORY)", FOLDER),
        ("os.open('..', os.O_RDONLY)", FOLDER),
        ("os.mkdir('d'); own = os.open('.', 0); os.chdir('d')\n"
         "os.open('../' + os.path.relpath(O), os.O_WRONLY, dir_fd=own)", CHANGE),
        ("os.mkdir('d'); own = os.open('.', 0); os.chdir('d'); os.open('..', 0, dir_fd=own)",
         FOLDER),
        ("own = os.open('.', 0); os.remove(os.path.relpath(O) + '/file.txt', dir_fd=own)", CHANGE),
        ("own = os.open('.', 0); os.mkdir('d'); os.chdir('d')\n"
         "os.rename('../' + os.path.basename(os.getcwd()), O + '/x', src_dir_fd=own)", CHANGE),
        ("os.remove('file.txt', dir_fd=os.dup(0))", CHANGE),
        ("os.symlink(O, 'link')", CHANGE),
        ("os.symlink('../x', 'link')", CHANGE),
        ("os.link(O + '/file.txt', 'mine')", CHANGE),
        ("os.fchmod(os.open(O + '/file.txt', os.O_RDONLY), 0o777)", CHANGE),
        ("os.chmod(os.open(O + '/file.txt', os.O_RDONLY), 0o777)", CHANGE),
        ("os.fchown(open(O + '/file.txt').fileno(), -1, -1)", CHANGE),
        ("os.utime(open(O + '/file.txt').fileno(), (1, 1))", CHANGE),
        ("os.ftruncate(open(O + '/file.txt').fileno(), 0)", CHANGE),
        ("import sqlite3; sqlite3.connect(O + '/new.db')", "tried to open a database"),
    ],
)  # fmt: skip
def test_nothing_outside_is_changed(refused, code, sentence):
    assert sentence in refused(code)


@linux
def test_in_its_own_folder_it_may_do_all_that(student):
    source = f"""{HEAD}
import tempfile
os.makedirs("a/b"); own = os.open("a", os.O_RDONLY)
file = os.open("b/file", os.O_RDWR | os.O_CREAT, dir_fd=own)
os.fchmod(file, 0o600); os.ftruncate(file, 0); os.utime(file, (1, 1))
os.symlink("b", "link", dir_fd=own); os.link("a/b/file", "a/second"); os.symlink("a", "c")
os.rename("second", "third", src_dir_fd=own, dst_dir_fd=own); os.remove("third", dir_fd=own)
os.set_blocking(os.pipe()[0], False); open(os.devnull, "w").write("x")
shutil.rmtree("a")
with tempfile.TemporaryDirectory() as folder: open(folder + "/x", "w").write("x")
from os import *
from signal import *
{RIGHT}"""
    assert student(source).forward("relu", (X,)).values


@linux
@pytest.mark.parametrize("name", ["environ", "mem", "fd/0"])
def test_what_belongs_to_another_process_is_not_read(refused, name):
    parent = refused(f"open(f'/proc/{{os.getppid()}}/{name}', 'rb')")
    assert "PermissionError: the code tried to read what belongs to another process" in parent
    assert "another process" in refused(f"open(f'/proc/self/../{{os.getppid()}}/{name}', 'rb')")


@linux
@pytest.mark.parametrize(
    "call",
    ["signal.pidfd_send_signal(os.pidfd_open({pid}), 9)", "os.mkfifo('x')", "os.mknod('x')",
     "import posix; posix.pidfd_open({pid})", "import _signal; _signal.pidfd_send_signal(0, 9)",
     "import posix; [f for f in os.supports_dir_fd if f.__name__ == 'mkfifo'][0]('x')",
     "import resource; resource.prlimit({pid}, resource.RLIMIT_CPU, (0, 0))"],
)  # fmt: skip
def test_another_process_is_not_reached(refused, call):
    """One of the test's own, which lives on."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as alive:
        said = refused(call.format(pid=alive.pid))
        assert "PermissionError: the code tried to" in said or "IndexError" in said
        assert alive.poll() is None
        alive.communicate(b"\n")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("import minivit.kernels", "ImportError: minivit's compiled ops, minivit.kernels, are not"),
        ("from minivit.kernels import softmax", "minivit's compiled ops"),
        ("for name in [n for n in sys.modules if n.startswith('minivit.kernels')]:\n"
         "    del sys.modules[name]\nimport minivit.kernels", "minivit's compiled ops"),
        ("importlib.import_module('minivit.kernels')", OPS),
        ("import numba", "ImportError: Numba can't be used here: write the op with NumPy"),
        ("import multiprocessing.shared_memory", "memory that other processes share"),
        ("importlib.import_module('_posixshmem')", "memory that other processes share"),
        ("import minivit.ops.linear as own; open(own.__file__)", OPS),
        ("import minivit.ops.linear as own; open(own.__cached__, 'rb')", OPS),
        ("import inspect, minivit.ops.linear as own; inspect.getsource(own)", "could not get sou"),
        ("import minivit.ops.linear as own; importlib.reload(own)", OPS),
        ("import minivit.ops.linear as own\n"
         "spec = importlib.util.spec_from_file_location('mine', own.__file__)\n"
         "spec.loader.exec_module(importlib.util.module_from_spec(spec))", OPS),
    ],
)  # fmt: skip
def test_minivits_own_work_is_not_taken(refused, code, sentence):
    assert sentence in refused(code)
