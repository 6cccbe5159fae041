"""Mutated checkpoints, and every verb that reads one."""

import contextlib
import io
import json
import random
import struct
import tempfile
import traceback
from functools import cache
from pathlib import Path

import numpy as np
from mutations import altered, damaged, nested
from PIL import Image, ImageDraw
from small_training import recipe, small_data

from minivit import InputError, ViT, ViTConfig, export, save, variant
from minivit.checkpoints.foreign.beside import WEIGHTS
from minivit.checkpoints.foreign.layouts import FAMILIES
from minivit.cli import main as command_line
from minivit.cli import parser
from minivit.data.catalogue import HERE
from minivit.training import Training, load_run, save_run

VERSION_1 = Path(__file__).parent / "checkpoints" / "version1.safetensors"
NAME = "é 数.safetensors"


@cache
def prepared() -> list[bytes]:
    """Whole checkpoints: of a run in the middle of an epoch, of version 1, of a bare model."""
    quicken()
    with tempfile.TemporaryDirectory() as folder:
        training = Training(recipe(), small_data())
        for batch in training.epoch()[:2]:
            training.train_batch(batch)
        save_run(training, Path(folder))
        run = (Path(folder) / "checkpoint.safetensors").read_bytes()
        config = variant("digits", width=4, depth=2, heads=2, mlp=4, positions="none", pool="mean")
        model = ViT(config, dtype=np.float64)
        model.preprocessing = training.model.preprocessing
        save(model, Path(folder) / "m")
        return [run, VERSION_1.read_bytes(), (Path(folder) / "m").read_bytes()]


@cache
def folders() -> list[dict[str, bytes]]:
    """The files of Google's layout, timm's and Hugging Face's; their width tells the heads."""
    config = ViTConfig((4, 4), 1, (2, 2), 192, 1, 3, 4, 3, gelu="tanh")
    model = ViT(config, seed=0, zero_head=False)
    with tempfile.TemporaryDirectory() as folder:
        exported = [export(model, layout, Path(folder, layout)) for layout in FAMILIES]
        return [{file.name: file.read_bytes() for file in files} for files in exported]


@cache
def foreign() -> list[bytes]:
    """Whole checkpoints in these layouts."""
    return [files[family.file] for files, family in zip(folders(), FAMILIES.values(), strict=True)]


def altered_beside(rng: random.Random) -> tuple[bytes, dict[str, bytes]]:
    """A whole checkpoint of somebody else's, and the JSON beside it, with other values."""
    files = dict(rng.choice([files for files in folders() if len(files) > 1]))
    content = files.pop(WEIGHTS)
    name = rng.choice(sorted(files))
    values = json.loads(files[name])
    parts = [part for part in values.values() if isinstance(part, dict)]
    for _ in range(rng.choice((1, 1, 3))):
        if parts and rng.random() < 0.5:
            altered(rng.choice(parts), rng)  # in place
        else:
            values = altered(values, rng)
    text = json.dumps(values).encode()
    files[name] = damaged(text, rng) if rng.random() < 0.1 else text
    return content, files


def quicken() -> None:
    """Make only once what every command makes: option parsers and the digits, a few of them."""
    parser.build_parsers = cache(parser.build_parsers)
    digits = small_data()
    HERE["digits"] = lambda: digits


@cache
def picture() -> bytes:
    drawn, file = Image.new("L", (40, 60), 255), io.BytesIO()
    ImageDraw.Draw(drawn).line([(10, 8), (30, 8), (18, 55)], fill=0, width=6)
    drawn.save(file, "PNG")
    return file.getvalue()


def mutated(rng: random.Random) -> bytes:
    """A checkpoint with damaged bytes, with a cut, or with another header."""
    content = rng.choice((*prepared(), *foreign()))
    kind = rng.randrange(12)
    if kind < 3 or content in foreign():
        return damaged(content, rng)
    length = struct.unpack("<Q", content[:8])[0]
    text, numbers = content[8 : 8 + length], content[8 + length :]
    if kind >= 10:  # the same numbers of other sizes
        raw = bytearray(numbers)
        for _ in range(rng.choice((1, 5, 100))):
            raw[rng.randrange(len(raw))] = rng.choice((0, 0x3F, 0x7E, 0x7F, rng.randrange(256)))
        return content[: 8 + length] + raw
    header = json.loads(text)
    ours = header["__metadata__"]["minivit"]
    if kind == 3:  # the bytes of the header, with its length as it is then
        text = damaged(text, rng)
    elif kind == 4:
        text = damaged(ours.encode(), rng)
        text = with_metadata(header, text.decode("utf-8", "replace"))
    elif kind == 5:
        text = nested(rng).encode() if rng.random() < 0.5 else with_metadata(header, nested(rng))
    elif kind == 6:
        for _ in range(rng.choice((1, 1, 3))):
            header = altered(header, rng)
        text = json.dumps(header).encode()
    else:  # an entry of ours, the commonest of a hostile author
        values = json.loads(ours)
        for _ in range(rng.choice((1, 1, 1, 3))):
            values = altered(values, rng) if isinstance(values, dict) else values
        if kind == 9 and isinstance(values, dict) and isinstance(values.get("config"), dict):
            values["config"] = altered(values["config"], rng)
        text = with_metadata(header, json.dumps(values))
    return struct.pack("<Q", len(text)) + text + numbers


def with_metadata(header: dict, text: str) -> bytes:
    return json.dumps(header | {"__metadata__": {"minivit": text}}).encode()


def run_case(folder: Path, seed: int, number: int) -> tuple[str, str]:
    """Exit codes of the verbs on this case's file, and its fault or ""."""
    rng = random.Random(f"checkpoints {seed} {number}")
    path, drawn = folder / NAME, folder / "七.png"
    content, others = altered_beside(rng) if rng.random() < 0.15 else (mutated(rng), {})
    for name, text in others.items():
        (folder / name).write_bytes(text)
    path.write_bytes(content)
    drawn.write_bytes(picture())
    commands = (
        ["info", str(path), *(["--json"] if number % 2 else [])],
        ["predict", str(path), str(drawn)],
        ["evaluate", str(path)],
    )
    codes = []
    for command in commands:
        code, fault = run_command(command)
        if fault:
            return "fault", f"{command[0]}: {fault}"
        codes.append(str(code))
    code, fault = resume(path)
    left = sorted(file.name for file in folder.iterdir())
    if not fault and left != sorted((NAME, drawn.name, *others)):
        fault = f"left {left}"
    return " ".join([*codes, code]), fault


def run_command(command: list[str]) -> tuple[int | None, str]:
    """The exit code of a command line, and what is wrong with how it ended."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "ascii") for _ in range(2))
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = command_line.main(command)
            out.flush()
            err.flush()
    except BaseException:
        return None, traceback.format_exc()
    said = err.buffer.getvalue().decode("ascii")
    if code not in (0, 1, 2) or "Traceback" in said or "not enough memory" in said:
        return code, f"exit code {code}, {said}"
    lines = said.splitlines()
    if code and not lines:
        return code, f"exit code {code} without a word"
    if (code == 0 and lines) or any(not line.startswith("minivit: ") for line in lines):
        return code, f"exit code {code}, {said}"
    return code, ""


def resume(path: Path) -> tuple[str, str]:
    """Go on with the run, for one step."""
    try:
        training = load_run(path)
        for batch in training.epoch()[:1]:
            training.train_batch(batch)
    except (InputError, OSError):
        return "2", ""
    except BaseException:
        return "fault", f"resume: {traceback.format_exc()}"
    return "0", ""
