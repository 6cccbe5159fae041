"""What a page says where no scripts run: the answer for each shown image, and where it looked."""

import base64
import io
from html import escape

import numpy as np
from PIL import Image, ImageDraw

from minivit import inspection
from minivit.models import Config, ViT
from minivit.ops import softmax_forward

SIDE = 160  # pixels of a picture's width
COLOURS = 64  # of a picture, at most
PALE = 0.6  # how much of the image is taken back to white, as in views/pictures.js
# From nothing to the largest, as in views/colours.js.
MARKER = np.array([[252, 252, 252], [250, 205, 150], [240, 140, 60], [196, 82, 10]])
CLASSES = 5  # that are told, the most probable ones


def without_scripts(model: ViT, images: np.ndarray, told: dict, say: dict[str, str]) -> str:
    """HTML for images (n, height, width, channels) that a page shows; `told` as in payload.py."""
    classes, said = told["classes"], []
    with np.errstate(over="ignore", invalid="ignore"):
        p = softmax_forward(model.logits(images).astype(np.float64))[0]
    for i, one in enumerate(told["images"]):
        name = one["name"]
        if isinstance(name, int):  # of a test image
            name = say["gallery.name"].format(number=name)
        parts = [f"<h2>{name_in_html(name)}</h2>", answer(p[i], one["label"], classes, say)]
        if model.config.depth:
            flow = inspection.rollout_map(model, images[i : i + 1])[0]
            parts.append(attention_picture(images[i], flow, told["ink"], model.config, say))
        said.append(f'<section class="panel">{"".join(parts)}</section>')
    start = say["noscript"].format(name=name_in_html(told["name"]), classes=len(classes))
    if model.config.depth:
        said.append(f'<p class="quiet">{escape(say["rollout.about"])}</p>')
    title = f"<h1>{name_in_html(told['name'])}</h1>"
    return f'<main><div class="view">{title}<p>{start}</p>{"".join(said)}</div></main>'


def answer(p: np.ndarray, label: int | None, classes: list[str], say: dict[str, str]) -> str:
    """What the model says of an image, and the most probable classes."""
    order = np.argsort(-p, kind="stable")[:CLASSES]
    best = int(order[0])
    key = "says" if label is None else "says.right" if label == best else "says.wrong"
    sentence = say[key].format(
        said=name_in_html(classes[best]), probability=percent(p[best]),
        label="" if label is None else name_in_html(classes[label]),
    )  # fmt: skip
    lines = (f"<li>{name_in_html(classes[c])}: {percent(p[c])}</li>" for c in order)
    return f'<p class="says">{sentence}</p><ol>{"".join(lines)}</ol>'


def attention_picture(
    image: np.ndarray, flow: np.ndarray, ink: dict, c: Config, say: dict[str, str]
) -> str:
    """The rollout over the image, with what it is in words; flow (rows, columns)."""
    n = int(flow.argmax())
    row, column = divmod(n, c.grid[1])
    place = {"patch": n, "row": row, "column": column, "number": f"{flow.max():.3g}"}
    words = f"{say['word.rollout']}: {say['map.largest'].format(**place)}"
    drawn = io.BytesIO()
    over_image(image, flow, ink, c).quantize(COLOURS).save(drawn, "PNG", optimize=True)
    content = base64.b64encode(drawn.getvalue()).decode("ascii")
    return (
        f'<figure class="tile"><img class="picture" alt="{escape(words)}" '
        f'src="data:image/png;base64,{content}"><figcaption>{escape(say["word.rollout"])}</figcaption>'
        f'<p class="quiet">{escape(words)}</p></figure>'
    )


def over_image(image: np.ndarray, flow: np.ndarray, ink: dict, c: Config) -> Image.Image:
    """A square for each patch over the paler image, as in views/pictures.js."""
    unit = SIDE / c.image[1]
    height = round(unit * c.image[0])
    rows = np.arange(height) * c.image[0] // height
    columns = np.arange(SIDE) * c.image[1] // SIDE
    seen = as_seen(image, ink)[rows][:, columns]
    drawn = Image.fromarray((255 * (PALE + (1 - PALE) * seen)).round().astype(np.uint8))
    pen = ImageDraw.Draw(drawn)
    stride = c.patch if c.stride is None else c.stride
    parts = flow / (flow.max() or 1)
    for place, part in np.ndenumerate(parts):
        middle = [unit * (place[a] * stride[a] + c.patch[a] / 2) for a in (0, 1)]
        (y, x), (down, across) = middle, (unit * side * np.sqrt(part) / 2 for side in c.patch)
        box = (x - across, y - down, x + across - 1, y + down - 1)
        if min(down, across) >= 1:
            pen.rectangle(box, fill=marker(float(part)), outline="white")
    return drawn


def as_seen(image: np.ndarray, ink: dict) -> np.ndarray:
    """An image (height, width, channels) -> (height, width, 3) in [0, 1]; strokes are dark."""
    low, high = np.array(ink["low"]), np.array(ink["high"])
    levels = np.clip((image - low) / np.where(high == low, 1, high - low), 0, 1)
    if levels.shape[-1] == 3:
        return levels
    grey = levels.mean(axis=-1, keepdims=True)
    return np.repeat(1 - 0.92 * grey if ink["bright"] else grey, 3, axis=-1)


def marker(part: float) -> tuple[int, ...]:
    """The colour of a part of the largest number."""
    at = np.linspace(0, 1, len(MARKER))
    return tuple(round(float(np.interp(part, at, MARKER[:, c]))) for c in range(3))


def percent(part: float) -> str:
    """A part of 1 as the page writes it."""
    return f"{100 * part:.{0 if 0.1 <= part < 0.9995 else 1}f}\u00a0%"


def name_in_html(name: str) -> str:
    """A name that came from a file: it can't turn the direction of what stands around it."""
    return f"<bdi>{escape(name)}</bdi>"
