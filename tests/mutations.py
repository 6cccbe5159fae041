"""Damage to bytes and to JSON, drawn from a generator."""

import json
import random
import struct

# What a hostile author, or a broken disk, might write in the place of a value.
VALUES = (
    None, True, False, 0, -1, 1, 2, 7, 255, 3_000_000, 4_000_000_000, 2**31, 2**63, 2**64, 10**38,
    -(2**63), 0.0, 0.5, -1.5, 1e-300, 1e300, 8.0, "", "8", "x", "vit", "\ud800", "\x1b[2J\n", "七",
    "a" * 100_000, [], [1], [8, 8], [0, 2**62], [[]], {}, {"a": 1}, {"dtype": "F32"}, [None] * 50,
    "BF16", "F8_E4M3", "I64", "learned-2d", "none", "every-layer", "mean",
)  # fmt: skip


def damaged(content: bytes, rng: random.Random) -> bytes:
    """Some of its bytes changed, cut out, doubled, or its end cut off."""
    raw = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        if not raw:
            break
        # Headers stand at the beginning: half of the damage is done there.
        reach = min(len(raw), 64) if rng.random() < 0.5 else len(raw)
        place, length = rng.randrange(reach), rng.choice((1, 2, 4, 50))
        kind = rng.randrange(6)
        if kind == 0:
            raw[place] ^= 1 << rng.randrange(8)
        elif kind == 1:
            raw[place : place + length] = rng.randbytes(length)
        elif kind == 2:
            raw[place : place + length] = rng.choice((b"\0", b"\xff")) * length
        elif kind == 3:
            del raw[place : place + length]
        elif kind == 4:
            raw[place:place] = raw[place : place + length]
        else:
            number = rng.choice((0, 1, 2**15, 2**16 - 1, 2**31 - 1, 2**32 - 1, 10**6))
            raw[place : place + 4] = struct.pack(rng.choice("<>") + "I", number)
    if rng.random() < 0.15:
        del raw[rng.randrange(len(raw) + 1) :]
    return bytes(raw)


def altered(value, rng: random.Random):
    """JSON with one of its values replaced, removed, renamed, doubled, or made another number."""
    place = chosen(value, rng)
    if place is None:
        return rng.choice(VALUES)
    holder, key = place
    former, kind = holder[key], rng.randrange(8)
    if kind < 4 and isinstance(former, int | float) and not isinstance(former, bool):
        holder[key] = former * rng.choice((-1, 0, 0.5, 2, 3, 10, 10**6)) + rng.choice((0, 0, 1, -1))
    elif kind < 5:
        holder[key] = rng.choice(VALUES)
    elif kind == 5:
        del holder[key]
    elif kind == 6 and isinstance(holder, dict):
        holder[rng.choice(("", "x", "__metadata__", "depth", "\n"))] = holder.pop(key)
    else:
        holder[key] = [former, former]
    return value


def chosen(value, rng: random.Random):
    """(holder, key) somewhere in nested JSON, each level's entries equally often."""
    if not value or not isinstance(value, dict | list):
        return None
    key = rng.choice(list(value)) if isinstance(value, dict) else rng.randrange(len(value))
    deeper = chosen(value[key], rng) if rng.random() < 0.8 else None
    return deeper or (value, key)


def nested(rng: random.Random) -> str:
    """JSON that is deeper than any parser likes, or has numbers that none holds."""
    depth = rng.choice((30, 900, 5000, 200_000))
    opening, closing = rng.choice((("[", "]"), ('{"a":', "}")))
    return rng.choice(
        (
            opening * depth + "1" + closing * depth,
            opening * depth,
            "9" * 10_000,
            "1e999",
            "NaN",
            "-Infinity",
            json.dumps("\udcff" * 1000),
        )
    )
