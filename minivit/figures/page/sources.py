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
MODEL = ("trace", "vit", "embedding", "added_positions", "block", "head_of_model", "loss",
         "changes", "fingerprints")  # fmt: skip
TABLES = ("work", "made_of", "made_in_blocks", "made", "returned_of", "returned_in_blocks",
          "returned")  # fmt: skip
INSPECTION = ("attention", "reasons", "lens", "gallery", "snapshots", "filters", "positions")
VIEWS = (
    "dom", "images", "loaded", "state", "runs", "colours", "slices", "heatmap", "pictures",
    "pipeline", "explanation", "backward_parts", "array_choices", "arrays_view", "overview",
    "picker", "attention_parts", "attention_view", "why_parts", "why_view", "painter",
    "weight_editor", "answers", "change_view", "lens_view", "snapshots", "curves", "training_parts",
    "training_view", "mistakes_view", "model_parts", "model_runs", "model_view", "app", "start",
)  # fmt: skip
SENTENCES = ("strings", "compare")
LANGUAGES = ("en", "zh")


def mathematics() -> str:
    """The script of all but the views: nothing in it needs a browser."""
    return joined(ops=OPS, model=MODEL, tables=TABLES, inspection=INSPECTION)


def script() -> str:
    """The whole script of a page, without comments and indentation: a quarter of its bytes."""
    lines = (mathematics() + joined(views=VIEWS)).splitlines()
    kept = (line.strip() for line in lines if not line.lstrip().startswith("//"))
    return "".join(f"{line}\n" for line in kept if line)


def style() -> str:
    """The style sheet."""
    return read("page.css")


def sentences(language: str) -> dict[str, str]:
    """What a page says, by keys that are the same in all LANGUAGES."""
    tables = [json.loads(read(f"{name}.{language}.json")) for name in SENTENCES]
    return {key: text for table in tables for key, text in table.items()}


def joined(**folders: tuple[str, ...]) -> str:
    """The JavaScript files of these folders, one after the other."""
    names = [f"{folder}/{name}.js" for folder, files in folders.items() for name in files]
    return "".join(f"{read(name)}\n" for name in names)


def read(name: str) -> str:
    """A file's text, whose lines end in LF on every system: the page is told by its hashes."""
    return HERE.joinpath(name).read_text("utf-8").replace("\r\n", "\n")
