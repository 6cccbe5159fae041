"""The file of a page: its policy, what names may hold, its limits, and its own files."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from looked_at import build, images_for
from page_letters import from_letters

from minivit import InputError, ResNet, ResNetConfig
from minivit.figures.page import Shown, explainer_page
from minivit.figures.page.payload import LONGEST
from minivit.figures.page.shell import in_json
from minivit.figures.page.sources import (
    HERE,
    INSPECTION,
    LANGUAGES,
    MODEL,
    OPS,
    TABLES,
    VIEWS,
    script,
    sentences,
    style,
)

HOSTILE = [
    "</script><script>alert(1)</script>", "<!--<script>", '"><img src=x onerror=alert(1)>',
    "\u202egnp.exe", "two\nlines", "x" * 400, "\ud800 alone", "\u2028 {name} %s \0",
]  # fmt: skip


class Elements(HTMLParser):
    """Every element of a page with its attributes, and the text of each script and style."""

    def __init__(self, page: str):
        super().__init__()
        self.found, self.text, self.open = [], {}, -1
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        self.open = len(self.found) - 1

    def handle_endtag(self, tag):
        self.open = -1

    def handle_data(self, data):
        self.text[self.open] = self.text.get(self.open, "") + data

    def text_of(self, tag, **attributes) -> list[str]:
        return [self.text.get(i, "") for i, (name, given) in enumerate(self.found)
                if name == tag and attributes.items() <= given.items()]  # fmt: skip


def shown(model, name="seven.png", label=1) -> list[Shown]:
    return [Shown(name, images_for(model, 1)[0], label)]


def page_of(model, name="run", **told) -> str:
    return explainer_page(model, shown(model, **told), name=name)


def test_the_same_inputs_give_the_same_file():
    assert page_of(build()) == page_of(build())
    assert page_of(build()) != page_of(build(depth=1))


def test_the_policy_names_the_hashes_of_the_only_script_and_style():
    page = page_of(build())
    found = Elements(page)
    (policy,) = (a["content"] for tag, a in found.found if "http-equiv" in a)
    for tag, words in (("script", "script-src"), ("style", "style-src")):
        elements = enumerate(found.found)
        run = [
            found.text[i] for i, (name, given) in elements if name == tag and "type" not in given
        ]
        digest = base64.b64encode(hashlib.sha256(run[0].encode()).digest()).decode()
        assert len(run) == 1 and f"{words} 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert not re.search(r"https?:(?!//www\.w3\.org/(2000/svg|1998/Math/MathML)\")", page)
    assert not any(name.startswith("on") or name == "style" for _, a in found.found for name in a)


@pytest.mark.parametrize("name", HOSTILE)
def test_names_stay_names(name):
    model = build()
    model.class_names = [name, "b", "c"]
    page = page_of(model, name=name)
    assert [tag for tag, _ in Elements(page).found] == [
        tag for tag, _ in Elements(page_of(build())).found
    ]
    (told,) = Elements(page).text_of("script", id="told")
    read = json.loads(told)
    expected = name[:LONGEST].encode("utf-8", "replace").decode()
    assert read["classes"][0] == read["name"] == expected
    page.encode()


def test_what_is_told_is_what_the_model_holds():
    model = build(pool="mean")
    found = Elements(page_of(model, label=None))
    told = json.loads(found.text_of("script", id="told")[0])
    weights = np.frombuffer(from_letters(found.text_of("script", id="weights")[0]), "<f8")
    arrays = [model.parameters[name].ravel() for name in told["parameters"]]
    assert np.array_equal(weights, np.concatenate(arrays))
    images = np.frombuffer(from_letters(found.text_of("script", id="images")[0]), "<f8")
    assert np.array_equal(images, images_for(model, 1).ravel())
    assert told["images"][0]["label"] is None


def test_json_leaves_no_letter_that_ends_a_script_and_no_number_that_json_lacks():
    text = in_json({"</script>": [float("nan"), float("inf"), "&\u2028\u2029"]})
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == {"</script>": [None, None, "&\u2028\u2029"]}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"positions": "relative"}, "relative positions"),
        ({"top_k": 2}, "top-k attention"),
        ({"window": 3, "pool": "mean"}, "attention in a window"),
        ({"axial": True}, "axial attention"),
        ({"image": (8, 12), "root": 2, "root_side": 3, "root_pool": False, "groups": 1}, "hybrid"),
        ({"objective": "mae"}, "tells no classes"),
    ],
)
def test_what_a_page_can_not_compute_is_refused_by_name(changes, words):
    with pytest.raises(InputError, match=words):
        page_of(build(**changes))


def test_a_resnet_is_refused_by_name():
    config = ResNetConfig((8, 8), 1, 10, root=4, root_side=3, root_pool=False, groups=2)
    model = ResNet(config)
    with pytest.raises(InputError, match="convolutions of a ResNet"):
        explainer_page(model, [Shown("x", np.zeros((8, 8, 1)), None)], name="r")


def test_a_page_that_is_too_large_is_refused_with_its_size():
    model = build()
    with pytest.raises(InputError, match=r"would have 0\.\d MB, and its limit is 0\.01 MB"):
        explainer_page(model, shown(model), name="run", most=0.01)


def test_a_model_whose_answers_overflow_is_refused():
    model = build()
    model.parameters["head.w"][:] = np.inf
    with pytest.raises(InputError, match="the model's answers overflow"):
        page_of(model)


def test_no_images_and_images_of_another_size_are_refused():
    model = build()
    with pytest.raises(InputError, match="no images"):
        explainer_page(model, [], name="run")
    with pytest.raises(InputError, match="images"):
        explainer_page(model, [Shown("x", np.zeros((5, 6, 2)), None)], name="run")


def test_every_script_is_in_the_page():
    folders = {
        "ops": OPS,
        "model": MODEL,
        "tables": TABLES,
        "inspection": INSPECTION,
        "views": VIEWS,
    }
    listed = {f"{folder}/{name}.js" for folder, names in folders.items() for name in names}
    there = {f"{path.parent.name}/{path.name}" for path in HERE.rglob("*.js")}
    assert listed == there


def test_text_is_only_set_as_text():
    for words in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(",
                  "new Function", "srcdoc", "fetch(", "XMLHttpRequest", "import("):  # fmt: skip
        assert words not in script(), words
    assert "url(" not in style() and "@import" not in style()


def test_scripts_are_as_long_as_can_be_read():
    for path in HERE.rglob("*.js"):
        lines = path.read_text().splitlines()
        assert len(lines) <= 230 and max(map(len, lines)) <= 100, path.name


def test_without_comments_and_indentation_every_text_is_as_it_was():
    """A comment is all of a line or its end, and no text holds one or goes on in the next line."""
    for path in HERE.rglob("*.js"):
        for line in path.read_text("utf-8").splitlines():
            code = line.partition(" // ")[0]
            for quote in '`"':
                assert len(re.findall(rf"(?<!\\){quote}", code)) % 2 == 0, f"{path.name}: {line}"
            assert not line.endswith("\\") and "/*" not in code, f"{path.name}: {line}"


def test_no_name_is_taken_twice():
    texts = [path.read_text("utf-8") for path in HERE.rglob("*.js")]  # they share one scope
    names = [one for text in texts for one in re.findall(r"(?m)^(?:function|class) (\w+)", text)]
    assert len(names) > 100 and len(set(names)) == len(names)


def test_every_sentence_is_there_and_none_is_left_over():
    text = script()
    keys = set(sentences("en"))
    asked = set(re.findall(r"say(?:_with)?\(\s*\"([^\"]+)\"", text))
    assert asked <= keys
    stems = {key.split(".")[0] for key in re.findall(r"say(?:_with)?\(`([^`]+)`", text)}
    quoted = set(re.findall(r"\"([\w.-]+)\"", text)) | {"title", "noscript"}
    own = {key for key in keys if key.endswith(".recorded")}  # in a recorded page, in place of
    assert {key.removesuffix(".recorded") for key in own} <= keys
    left = {key for key in keys - own if key not in quoted and key.split(".")[0] not in stems}
    assert left == set()


def test_all_languages_say_the_same_things():
    def places(text):
        return sorted(re.findall(r"\{(\w+)\}", text))

    english = sentences("en")
    for language in LANGUAGES:
        other = sentences(language)
        assert list(other) == list(english)
        for key, text in other.items():
            assert places(text) == places(english[key]), f"{language}: {key}"
            assert places(text) == places(english[key.removesuffix(".recorded")]), key
