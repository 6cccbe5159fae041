"""The words of the page: each names a file and a paper that are there, and every array has one."""

from pathlib import Path

import pytest
from javascript import KINDS, as_told, plain, v8
from looked_at import build, images_for

import minivit
from minivit.figures.page.sources import mathematics, sentences

ROOT = Path(minivit.__file__).parent.parent
TOLD = """(model, image) => {
  const t = new Trace(given(model), image_of(image));
  const names = [...Object.keys(t.values), ...Object.keys(t.model.parameters)];
  return [
    Object.fromEntries(names.map((name) => [name, word_of(name) ?? null])),
    Object.fromEntries(Object.keys(WORDS).map((word) => [word, array_of_word(t, word) ?? null])),
    letters_of_model(t.model.config),
  ];
}"""


@pytest.fixture(scope="module")
def run():
    with v8(mathematics()) as run:
        yield run


def test_each_word_has_a_file_that_exists_a_known_paper_and_its_sentences(run):
    words, papers, groups = run("() => [WORDS, PAPERS, GROUPS_OF_WORDS]")
    keys = sentences("en")
    for word, one in words.items():
        assert (ROOT / one["file"]).is_file(), one["file"]
        assert one["from"] is None or one["from"][0] in papers, word
        assert one["group"] in groups and one["formula"]
        assert f"word.{word}" in keys and f"word.{word}.about" in keys
    assert {one["from"][0] for one in words.values() if one["from"]} == set(papers)


@pytest.mark.parametrize("kind", KINDS)
def test_every_array_and_parameter_has_a_word(kind, run):
    model = build(**KINDS[kind])
    word_of, array_of, letters = run(TOLD, as_told(model), plain(images_for(model, 1)[0]))
    assert [name for name, word in word_of.items() if word is None] == []
    for word, name in array_of.items():
        assert name is None or word_of[name] == word
    c = model.config
    assert letters["T"] == c.tokens == letters["N"] + int(c.has_cls)
    assert letters["H"] * letters["K"] == c.heads_width
    assert [letters[one] for one in "DMLC"] == [c.width, c.mlp, c.depth, c.classes]


def test_the_words_of_usual_arrays(run):
    model = build()
    word_of, array_of, _ = run(TOLD, as_told(model), plain(images_for(model, 1)[0]))
    last = f"blocks.{model.config.depth - 1}"
    assert word_of["blocks.0.attention.probs"] == "softmax"
    assert word_of["blocks.0.mlp.h"] == "gelu"
    assert word_of["embed.positions"] == "positions"
    assert array_of["scores"] == f"{last}.attention.scores"
    assert array_of["cls"] == "embed.cls" and array_of["seqpool"] is None
