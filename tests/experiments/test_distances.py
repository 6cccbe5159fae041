"""How far heads look, on made tables."""

from minivit.experiments import distances


def head_rows(**of_even) -> list[dict]:
    """A made table of heads' distances: by model and block two heads, in % of even attention's."""
    made = {"ViT": ((30, 95), (80, 90)), "hybrid": ((60, 95), (90, 95))} | of_even
    return [{"model": model, "when": when, "block": block, "head": head, "seed": seed,
             "of_even": value + seed if when == "trained" else 91.5}
            for when in ("untrained", "trained")
            for model, blocks in made.items() for block, heads in enumerate(blocks)
            for head, value in enumerate(heads) for seed in range(3)]  # fmt: skip


def test_distances_on_made_tables():
    def answers(**of_even):
        found = distances.findings(head_rows(**of_even))
        return [finding.holds for finding in found if not finding.control]

    assert answers() == [True] * 5
    assert answers(ViT=((70, 80), (60, 70))) == [False, False, False, True, False]
    assert answers(hybrid=((31, 94), (30, 96))) == [True, True, True, None, None]
    found = distances.findings(head_rows())
    assert "untrained 91.5 %" in found[0].words
    by_block, *untrained = [one for one in found if one.control]
    assert by_block.holds and by_block.words == (
        "the mean of each of the ViT's blocks above that of the one before "
        "(yes: block 2 (86.0 and 63.5 %))"
    )
    assert [one.holds for one in untrained] == [None, None]
    assert untrained[0].words.startswith("untrained, the mean of the ViT's last block (91.5 %)")
    assert distances.of_block(head_rows(), "ViT", 0, min) == [30, 31, 32]
