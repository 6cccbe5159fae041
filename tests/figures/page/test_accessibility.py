"""axe-core finds nothing in any view, light or dark (WCAG 2.2 AA, where a program can tell)."""

import importlib.resources
import json

import pytest

from minivit.figures.page.sources import sentences

pytest.importorskip("axe_playwright_python")
AXE = importlib.resources.files("axe_playwright_python").joinpath("axe.min.js")
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
VIEWS = [key.removeprefix("view.") for key in sentences("en") if key.startswith("view.")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing(view, scheme, opened):
    page = opened(view, color_scheme=scheme)
    page.wait_for_timeout(300)  # what is drawn behind the first picture
    page.evaluate(AXE.read_text("utf-8"))
    told = page.evaluate(f"axe.run(document, {{runOnly: {json.dumps(RULES)}}})")
    found = [
        f"{rule['id']}: {rule['help']}: {node['html'][:120]}"
        for rule in told["violations"]
        for node in rule["nodes"]
    ]
    assert found == []
    assert len(told["passes"]) > 15  # it has looked
