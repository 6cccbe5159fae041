"""What theory expects of a step that grows: its terms in T and in T^2, at the ceiling's rate."""

from dataclasses import replace

from minivit.models import ViTConfig
from minivit.models.cost import cost

from .ceiling import CeilingTurns


def flops_between_tokens(config: ViTConfig) -> int:
    """The part of an image's forward FLOPs that grows with the square of the tokens: attention's.

    The FLOPs are a + b N + c N^2 of the patches. Images once, twice and three times as wide have N,
    2N and 3N patches; the second difference of their FLOPs is 2 c N^2, and c T^2 is wanted.
    """
    height, width = config.image
    one, two, three = (
        cost(replace(config, image=(height, n * width)), batch=1).forward_flops for n in (1, 2, 3)
    )
    return (one - 2 * two + three) * config.tokens**2 // (2 * config.patches**2)


def add_theory(rows: list[dict], ceilings: dict[int, CeilingTurns]) -> None:
    """Add to every point the time of its two terms at the ceiling."""
    for found in rows:
        rate = ceilings[found["threads"]].best.get("float32")
        if rate:
            found["least_ms"] = (found["product_gflop"] + found["attention_gflop"]) / rate * 1e3
        same = [r["gflops"] for r in rows if r["threads"] == found["threads"]]
        found["rate"] = rate or max(same)
