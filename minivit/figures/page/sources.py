"""The page's own files, put together."""

from importlib.resources import files

HERE = files("minivit.figures.page")
# From the simplest op to the loss; what a file needs stands in front of it.
OPS = (
    "tensor", "linear", "layernorm", "softmax", "attention", "multihead_attention",
    "attention_branch", "gelu", "mlp", "mlp_branch", "patchify", "embed", "positions",
    "sincos_positions", "pool", "pre_logits", "head", "cross_entropy",
)  # fmt: skip
MODEL = ("trace", "vit", "embedding", "added_positions", "block", "head_of_model", "loss",
         "fingerprints")  # fmt: skip
TABLES = ("work", "made_of", "made", "returned_of", "returned")


def mathematics() -> str:
    """The script of the ops, the model and the tables: nothing in it needs a browser."""
    return joined(ops=OPS, model=MODEL, tables=TABLES)


def joined(**folders: tuple[str, ...]) -> str:
    """The JavaScript files of these folders, one after the other."""
    names = [f"{folder}/{name}.js" for folder, files in folders.items() for name in files]
    return "".join(f"{read(name)}\n" for name in names)


def read(name: str) -> str:
    """A file's text, whose lines end in LF on every system: the page is told by its hashes."""
    return HERE.joinpath(name).read_text("utf-8").replace("\r\n", "\n")
