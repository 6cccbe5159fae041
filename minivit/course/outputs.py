"""Run a notebook, and keep what its cells print and draw."""

import tempfile
from pathlib import Path

from minivit.course.execute import encode, pictures
from minivit.course.extras import need
from minivit.course.running import environment


def add_outputs(notebook) -> str:
    """Fill in the outputs, in a folder that vanishes; returns the error that stopped it, or "".

    The pictures that a cell leaves in `out` are shown below it. InputError when nbclient or the
    kernel is missing.
    """
    nbclient = need("nbclient", "a notebook's outputs need")
    need("ipykernel", "a notebook's outputs need")
    v4 = need("nbformat", "a notebook needs").v4
    with tempfile.TemporaryDirectory(prefix="minivit-lesson-") as folder:
        seen = {}

        def show_pictures(cell, **facts):
            now = pictures(Path(folder, "out"))
            for path in [path for path, state in now.items() if seen.get(path) != state]:
                shown = {"image/png": encode(path)["png"], "text/plain": path.name}
                cell["outputs"].append(v4.new_output("display_data", shown))
            seen.update(now)

        client = nbclient.NotebookClient(
            notebook, timeout=None, kernel_name="python3", on_cell_executed=show_pictures,
            resources={"metadata": {"path": folder}},
        )  # fmt: skip
        try:
            client.execute(env=environment())
        except nbclient.exceptions.CellExecutionError as error:
            return f"{error.ename}: {error.evalue}"
    return ""
