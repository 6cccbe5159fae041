"""The command line as a whole: verbs, threads, errors as sentences, exit codes."""

import errno
import os
import subprocess
import sys

import pytest

import minivit
from minivit.cli import info
from minivit.cli.main import main
from minivit.cli.parser import VERBS
from minivit.cli.sentences import sentence
from minivit.errors import InputError


def python(code: str, **environment: str) -> subprocess.CompletedProcess:
    clean = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**clean, **environment},
        capture_output=True,
        text=True,
    )


def raising(error):
    def run(arguments):
        raise error

    return run


def test_without_a_verb_it_prints_help(capsys):
    assert main([]) == 0
    out = capsys.readouterr().out
    assert all(f"\n    {verb}" in out for verb in VERBS)


def test_version(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"minivit {minivit.__version__}\n"


@pytest.mark.parametrize("given, near", [("trian", "train"), ("Evaluation", "evaluate")])
def test_an_unknown_verb_names_the_nearest(given, near, capsys):
    assert main([given]) == 2
    assert f"there is no verb {given!r}; the nearest is {near}" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["xyzzy", "", "evil"])
def test_where_none_is_near_none_is_named(verb, capsys):
    assert main([verb]) == 2
    said = capsys.readouterr().err
    assert f"there is no verb {verb!r}. There are train, " in said and "nearest" not in said


@pytest.mark.parametrize("argv", [["help"], ["help", "train"], ["help", "info"]])
def test_help_is_a_verb_too(argv, capsys):
    with pytest.raises(SystemExit) as stop:
        main(argv)
    assert stop.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: {' '.join(['minivit', *argv[1:]])} ")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb, capsys):
    with pytest.raises(SystemExit) as stop:
        main([verb, "--help"])
    assert stop.value.code == 0
    assert f"usage: minivit {verb}" in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["train", "evaluate", "predict"])
def test_threads_is_an_option_of_the_verbs_that_work(verb, capsys):
    with pytest.raises(SystemExit) as stop:
        main([verb, "--threads", "0"])
    assert stop.value.code == 2
    assert "'0': expected a whole number from 1" in capsys.readouterr().err
    assert main([verb, "--threads", "100000"]) == 2
    assert capsys.readouterr().err.startswith("minivit: --threads is '100000': expected a whole ")


def test_more_threads_than_processors_are_told():
    done = python(
        "import sys; from minivit.cli.main import main\n"
        "from minivit.threads import available_threads\n"
        "sys.exit(main(['evaluate', 'x', '--threads', str(available_threads() + 1)]))"
    )
    assert done.returncode == 2
    assert "threads share" in done.stderr.splitlines()[0]


def test_threads_are_set_before_numpy_is_imported():
    # No such run: the verb fails after it has imported NumPy, which then had read its variable.
    code = (
        "import os, sys, minivit.threads as t, minivit.cli.main as m\n"
        "seen = []\n"
        "def spy(count): seen.append((count, 'numpy' in sys.modules)); t.set_threads(count)\n"
        "m.set_threads = spy\n"
        "code = m.main(['evaluate', 'nowhere', '--threads', '3'])\n"
        "print(code, seen, 'numpy' in sys.modules, os.environ['OPENBLAS_NUM_THREADS'])"
    )
    done = python(code)
    assert done.stdout == "2 [(3, False)] True 3\n"
    assert "minivit: nowhere does not exist" in done.stderr


def test_a_bad_thread_variable_is_a_sentence():
    done = python(
        "import sys; from minivit.cli.main import main; sys.exit(main(['evaluate', 'x']))",
        MINIVIT_NUM_THREADS="many",
    )
    assert done.returncode == 2
    assert done.stderr.startswith("minivit: MINIVIT_NUM_THREADS is 'many': expected")


@pytest.mark.parametrize(
    "error, code, words",
    [
        (InputError("the sentence"), 2, "minivit: the sentence\n"),
        (FileNotFoundError("x is gone"), 2, "minivit: x is gone\n"),
        (OSError(errno.ENOSPC, "No space", "a/b"), 2, "a/b can't be written: no space left"),
        (MemoryError(), 2, "not enough memory; choose a smaller batch"),
        (KeyboardInterrupt(), 130, "minivit: interrupted\n"),
    ],
)
def test_errors_become_sentences(error, code, words, monkeypatch, capsys):
    monkeypatch.setattr(info, "run", raising(error))
    assert main(["info", "digits"]) == code
    captured = capsys.readouterr()
    assert words in captured.err
    assert "Traceback" not in captured.err and captured.out == ""


def test_a_bug_shows_its_traceback(monkeypatch):
    monkeypatch.setattr(info, "run", raising(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        main(["info", "digits"])


@pytest.mark.parametrize(
    "number, words",
    [
        (errno.EACCES, "permission denied"),
        (errno.ENOENT, "does not exist"),
        (errno.ENOTDIR, "not a folder"),
        (errno.EROFS, "only be read"),
        (errno.EIO, os.strerror(errno.EIO)),
    ],
)
def test_system_errors_in_plain_words(number, words):
    text = sentence(OSError(number, os.strerror(number), "the/file"))
    assert text.startswith("the/file ") and words in text and "[Errno" not in text


def test_a_closed_pipe_is_quiet():
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "minivit", "info", "H/14"],
        env={k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"},
        stdout=writer,
        stderr=subprocess.PIPE,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_output_onto_a_full_disk_is_a_sentence():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "minivit", "info", "digits"],
            env={k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 2
    assert "no space left" in done.stderr and done.stderr.count("\n") == 1


def test_python_m_minivit():
    done = subprocess.run(
        [sys.executable, "-m", "minivit", "--version"], capture_output=True, text=True
    )
    assert done.stdout == f"minivit {minivit.__version__}\n"
