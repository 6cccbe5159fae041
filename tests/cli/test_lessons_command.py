"""`minivit lessons`: what it lists and writes, and what it refuses in a sentence."""

import os
import subprocess
import sys

import pytest
from course_samples import LESSON

from minivit.cli.main import main
from minivit.course import finding
from minivit.course.extras import PAGE_MODULES


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working folder, and a course of one short lesson."""
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "07_sums.py").write_text(LESSON, "utf-8")
    monkeypatch.setattr(finding, "lesson_folder", lambda: tmp_path / "course")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def refused(capsys, *argv) -> str:
    """The sentence that answers a command line that can't be run."""
    assert main(["lessons", *argv]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("minivit: ") and captured.err.count("\n") == 1
    assert captured.out == ""
    return captured.err.removeprefix("minivit: ")


def need_pages() -> None:
    """Skip the test where the extra `html` is not installed."""
    for module in PAGE_MODULES:
        pytest.importorskip(module)


def test_it_lists_the_lessons(folder, capsys):
    assert main(["lessons"]) == 0
    lines = capsys.readouterr().out.split("\n")
    assert lines[0].split("  ")[0] == "lesson"
    assert lines[1].split() == ["07", "sums,", "and", "why", "25", "02,", "05"]


def test_the_real_lessons_are_listed(capsys):
    assert main(["lessons"]) == 0
    lines = capsys.readouterr().out.split("\n")
    listed = [line.split()[0] for line in lines[1:21]]
    assert listed == [*(f"{n:02}" for n in range(18)), "bugs", "puzzles"]


def test_it_copies_a_lesson(folder, capsys):
    assert main(["lessons", "7", "sums", "07_sums.py"]) == 0  # three names of one lesson
    assert capsys.readouterr().out == "07_sums.py: lesson 7, sums, and *why*\n"
    assert (folder / "07_sums.py").read_text("utf-8") == LESSON


def test_a_students_copy_runs_up_to_its_first_open_exercise(folder, capsys):
    assert main(["lessons", "07", "--student"]) == 0
    done = subprocess.run([sys.executable, "07_sums_student.py"], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stdout.endswith("Nothing but black: out/07_black.png\n".replace("/", os.sep))
    last = done.stderr.strip().split("\n")[-1]
    assert last == 'NotImplementedError: exercise 7.1: Add "two" numbers'


def test_a_page(folder, capsys):
    need_pages()
    assert main(["lessons", "07", "--html"]) == 0
    assert "the sum is 3" in (folder / "07_sums.html").read_text("utf-8")
    assert main(["lessons", "07", "--html", "--student"]) == 0
    assert "It stops at exercise 7.1: Add" in capsys.readouterr().out
    assert sorted(os.listdir(folder)) == ["07_sums.html", "07_sums_student.html"]


def test_the_whole_course(folder, capsys):
    need_pages()
    assert main(["lessons", "--html", "to/pages"]) == 0
    assert "index.html: where to begin" in capsys.readouterr().out
    assert sorted(os.listdir("to/pages")) == ["07_sums.html", "index.html"]


def test_a_lesson_that_fails_is_told_and_its_page_written(folder, tmp_path, capsys):
    need_pages()
    (tmp_path / "course" / "08_bad.py").write_text("# %%\nassert 1 > 2, 'it is not'\n", "utf-8")
    assert main(["lessons", "08", "--html"]) == 1
    assert "minivit: lesson 8 stopped with AssertionError: it is not" in capsys.readouterr().err
    assert "it is not" in (folder / "08_bad.html").read_text("utf-8")


def test_an_unknown_lesson(folder, capsys):
    said = refused(capsys, "summs")
    assert said.startswith("there is no lesson 'summs'; the nearest is sums. There are 07; ")


@pytest.mark.parametrize(
    "argv, names",
    [
        (["07"], ["07_sums.py"]),
        (["07", "--student"], ["07_sums_student.py"]),
        (["07", "--html"], ["07_sums.html"]),
        (["--html", "pages"], ["pages/index.html"]),
        (["07", "--html", "pages"], ["pages/07_sums.html"]),
    ],
)
def test_a_file_in_the_way_stays_and_nothing_is_written(argv, names, folder, capsys):
    if "--html" in argv:
        need_pages()
    (folder / "pages").mkdir()
    for name in names:
        (folder / name).write_text("mine")
    said = refused(capsys, *argv)
    assert said.startswith(f"{names[0]} exists already and stays as it is; move it away, or go to")
    found = [str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()]
    assert found == names and (folder / names[0]).read_text() == "mine"


@pytest.mark.parametrize("argv", [["07"], ["07", "--html"], ["--html", "."]])
def test_no_right_to_write(argv, folder, monkeypatch, capsys):
    if "--html" in argv:
        need_pages()

    def deny(dir):
        raise PermissionError(13, "Permission denied", f"{dir}/tmpx3k")

    monkeypatch.setattr("minivit.course.writing.tempfile.TemporaryFile", deny)
    assert refused(capsys, *argv).startswith(
        "no file can be made in this folder: permission denied; "
    )
    assert not os.listdir(folder)


def test_a_file_where_the_folder_should_be(folder, capsys):
    need_pages()
    (folder / "pages").write_text("mine")
    assert refused(capsys, "--html", "pages").startswith("pages exists already; ")


@pytest.mark.parametrize(
    "argv, sentence",
    [
        (["--student"], "which lesson? `minivit lessons` lists them"),
        (["--notebook"], "which lesson? `minivit lessons` lists them"),
        (["--html"], "--html needs a lesson, or a folder for the pages of the whole course"),
        (["--html", "07"], "--html 07 would write the whole course into a folder 07; for the page"),
        (["--html", "sums"], "--html sums would write the whole course into a folder sums; for th"),
        (["07", "--html", "--notebook"], "--html and --notebook are two forms; leave one out"),
        (["07", "--outputs"], "--outputs is said of a notebook; add --notebook, or leave --outp"),
        (["07", "--for", "otter"], "--for is said of a notebook; add --notebook, or leave --for"),
        (
            ["07", "--notebook", "--for", "otter", "--student"],
            "otter takes answers and outputs out itself; leave --student out",
        ),
    ],
)
def test_what_does_not_go_together(argv, sentence, folder, capsys):
    assert refused(capsys, *argv).startswith(sentence)
    assert not os.listdir(folder)


def test_a_grader_by_another_name(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["lessons", "07", "--notebook", "--for", "oter"])
    assert stop.value.code == 2
    assert "'oter': expected nbgrader or otter; the nearest is otter" in capsys.readouterr().err


@pytest.mark.parametrize("missing", ["nbformat", "nbclient", "ipykernel"])
def test_a_missing_extra_is_a_sentence(missing, folder, monkeypatch, capsys):
    if missing != "nbformat":
        pytest.importorskip("nbformat")
    if missing == "ipykernel":
        pytest.importorskip("nbclient")
    monkeypatch.setitem(sys.modules, missing, None)
    said = refused(capsys, "07", "--notebook", "--outputs")
    assert f"{missing}, which can't be imported" in said and "; pip install nbformat nb" in said
    assert not os.listdir(folder)


@pytest.mark.parametrize("argv", [["07", "--html"], ["--html", "pages"]])
def test_a_page_without_the_extra_is_a_sentence(argv, folder, monkeypatch, capsys):
    for module in PAGE_MODULES:
        monkeypatch.setitem(sys.modules, module, None)
    said = refused(capsys, *argv)
    assert said.startswith("a page needs latex2mathml, which can't be imported (")
    assert said.endswith("; pip install latex2mathml markdown-it-py mdit-py-plugins pygments\n")
    assert not os.listdir(folder)


def test_listing_and_copying_leave_numpy_alone():
    code = (
        "import sys; from minivit.cli.main import main\n"
        "main(['lessons']); print('numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.endswith("False\n"), done.stderr
