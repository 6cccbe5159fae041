"""`minivit train --explain`: the page of a run lies in its folder, and is of that run alone."""

from minivit import InputError
from minivit.cli.main import main
from minivit.figures.page.shell import told_in


def train(*options, code=0):
    sizes = ["--depth", "1", "--width", "16", "--heads", "2", "--mlp", "16", "--epochs", "1"]
    assert main(["train", "--out", "r", *sizes, *options]) == code


def test_a_training_writes_the_page_of_its_run(on_numpy, tmp_path, capsys):
    train("--explain")
    said, page = capsys.readouterr().out, tmp_path / "r" / "explain.html"
    assert "explain.html            the model as a page: open it in a browser" in said
    assert "minivit explain r" not in said and told_in(page.read_text("utf-8"))["name"] == "r"
    page.write_bytes(page.read_bytes() + b"<!-- older -->")
    page.unlink()
    assert main(["train", "--resume", "r", "--explain"]) == 0 and page.exists()
    train("--force")  # another run: the page of the former one is not its page
    assert not page.exists() and "minivit explain r" in capsys.readouterr().out


def test_a_page_that_cannot_be_written_is_told_before_the_training(on_numpy, tmp_path, capsys):
    train("--explain", "--top-k", "3", code=2)
    assert "top-k attention (top k 3)" in capsys.readouterr().err
    assert not (tmp_path / "r" / "checkpoint.safetensors").exists()
    (tmp_path / "r").mkdir(exist_ok=True)
    (tmp_path / "r" / "explain.html").write_text("mine")
    train("--explain", code=2)
    assert "move it away, or choose another --out" in capsys.readouterr().err
    assert [one.name for one in (tmp_path / "r").iterdir()] == ["explain.html"]
    (tmp_path / "r" / "explain.html").unlink()
    train("--top-k", "3")
    assert "minivit explain" not in capsys.readouterr().out


def test_a_run_that_overflows_when_it_is_measured_is_told_so_and_has_no_page(
    on_numpy, tmp_path, capsys
):
    train("--explain", "--epochs", "0", "--position-std", "1e38", code=2)
    said = capsys.readouterr().err
    assert "training diverged" in said and "try the usual" in said
    assert "answers overflow" not in said and "data check" not in said
    assert not (tmp_path / "r" / "explain.html").exists()


def test_trouble_with_the_page_leaves_the_run_whole_and_speaks_of_no_pictures(
    on_numpy, tmp_path, monkeypatch, capsys
):
    def fails(*_):
        raise InputError("the page would have 9.1 MB")

    monkeypatch.setattr("minivit.cli.results.explain_run", fails)
    train("--explain", code=1)
    out, error = capsys.readouterr()
    assert "no page is written: the page would have 9.1 MB. The run is whole" in error
    assert "data check" not in error and "is kept in" not in error
    assert "Test accuracy after the last epoch" in out and "minivit explain r" in out
    assert (tmp_path / "r" / "curve.png").exists()
