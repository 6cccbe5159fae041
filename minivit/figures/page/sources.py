"""The page's own files, put together: one script, one sheet of style, one table of sentences."""

import json
from importlib.resources import files

HERE = files("minivit.figures.page")
# From the simplest op to the loss; what a file needs stands in front of it.
OPS = (
    "tensor", "linear", "layernorm", "softmax", "attention", "multihead_attention",
    "attention_branch", "gelu", "mlp", "mlp_branch", "patchify", "embed", "positions",
    "sincos_positions", "pool", "pre_logits", "head", "cross_entropy",
)  # fmt: skip
MODEL = ("trace", "vit", "embedding", "added_positions", "block", "head_of_model", "cost",
         "loss", "changes", "letters", "floats", "fingerprints", "recording",
         "recorded_trace")  # fmt: skip
TABLES = ("work", "made_of", "made_in_blocks", "made", "returned_of", "returned_in_blocks",
          "returned", "papers", "words_of_model", "words_of_looking", "words",
          "notation")  # fmt: skip
INSPECTION = ("attention", "reasons", "lens", "gallery", "snapshots", "filters", "positions",
              "tour_of_reasons", "tour", "compare")  # fmt: skip
VIEWS = (
    "dom", "formula", "images", "loaded", "state", "runs", "recorded_runs", "worker", "questions",
    "worker_runs", "colours", "slices", "canvas", "heatmap", "heat_panel", "pictures", "pipeline",
    "explanation", "backward_parts", "norms", "array_choices", "arrays_view", "overview", "picker",
    "map_tile", "attention_parts", "attention_view", "why_parts", "why_patch", "why_view",
    "painter", "weight_editor", "answers", "pull", "change_view", "lens_view", "snapshots",
    "curves", "training_parts", "training_view", "mistakes_view", "words_view", "compare_array",
    "compare_parts", "compare_view", "model_parts", "model_runs", "model_view", "recorded_parts",
    "navigation", "tour", "app", "start",
)  # fmt: skip
SENTENCES = ("strings", "words", "tour", "compare")
LANGUAGES = ("en", "zh")


def mathematics() -> str:
    """The script of all but the views: nothing in it needs a browser."""
    return joined(ops=OPS, model=MODEL, tables=TABLES, inspection=INSPECTION)


def script() -> str:
    """The whole script of a page, without comments and indentation: a quarter of its bytes."""
    lines = (mathematics() + joined(views=VIEWS)).splitlines()
    kept = (line.partition(" // ")[0].strip() for line in lines if line.lstrip()[:2] != "//")
    return "".join(f"{line}\n" for line in kept if line)


def style() -> str:
    """The style sheet."""
    return read("page.css")


def sentences(language: str) -> dict[str, str]:
    """What a page says, by keys that are the same in all LANGUAGES."""
    tables = [json.loads(read(f"{name}.{language}.json")) for name in SENTENCES]
    return {key: text for table in tables for key, text in table.items()}


def sentences_for(language: str, recorded: bool) -> dict[str, str]:
    """Those of a page with the weights, or of a recorded one.

    "recorded.told" is said in a recorded page alone, and there "contains.recorded" stands in place
    of "contains".
    """
    mark = ".recorded"
    every = sentences(language)
    if not recorded:
        return {k: text for k, text in every.items() if "recorded" not in k.split(".")}
    own = {key.removesuffix(mark): text for key, text in every.items() if key.endswith(mark)}
    return {key: text for key, text in every.items() if not key.endswith(mark)} | own


def joined(**folders: tuple[str, ...]) -> str:
    """The JavaScript files of these folders, one after the other."""
    names = [f"{folder}/{name}.js" for folder, files in folders.items() for name in files]
    return "".join(f"{read(name)}\n" for name in names)


def read(name: str) -> str:
    """A file's text, whose lines end in LF on every system: the page is told by its hashes."""
    return HERE.joinpath(name).read_text("utf-8").replace("\r\n", "\n")
