"""Is all well with the kernels on this machine, and if not, what to do?"""

import argparse
import json

from minivit.cli.arguments import add_threads

HELP = "check the kernels, their cache and their threads, and say what to do"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--json", action="store_true", help="print the same as JSON (default: as text)"
    )
    add_threads(parser)


def run(arguments: argparse.Namespace) -> int:
    """0 when all is well, 1 when something is off."""
    from minivit.checking.checkup import examine

    facts = examine()
    if arguments.json:
        print(json.dumps(as_json(facts), indent=2))
    else:
        print(as_text(facts))
    return 1 if facts["advice"] else 0


def as_json(facts: dict) -> dict:
    tests = [{**twin._asdict(), "ok": twin.ok} for twin in facts["self-test"]]
    return {"ok": not facts["advice"], **facts, "self-test": tests}


def as_text(facts: dict) -> str:
    from minivit.cli.tables import table

    lines = table(list(rows(facts)), "<").splitlines()
    lines.append("")
    if facts["advice"]:
        lines.append("To do:")
        lines += [f"- {sentence}" for sentence in facts["advice"]]
    else:
        lines.append("All is well.")
    return "\n".join(lines)


INSTRUCTIONS = {"amx": "by AMX", "avx512_bf16": "by AVX-512's pairs"}


def rows(facts: dict):
    """Pairs of a name and a value in words."""
    for name, number in facts["versions"].items():
        yield name, number or "not installed"
    processor, threads = facts["processor"], facts["threads"]
    yield "processor", f"{processor['name']}, {processor['system']}"
    if facts["trouble"]:
        yield "threads", f"{threads['threads']} on {threads['processors']} processors"
        yield "kernels", f"none: {facts['trouble']}"
        return
    yield "vectors", processor["vectors"]
    yield (
        "threads",
        (
            f"{threads['kernel threads']} on {threads['processors']} processors, layer "
            f"{threads['layer']}; BLAS: {threads['blas threads'] or 'as many as it likes'}"
        ),
    )
    cache, product = facts["cache"], facts["product"]
    yield "cache", cache["folder"] or f"off: {cache['why off']}"
    if cache["folder"]:
        yield "", f"{cache['files']} compiled pieces, {megabytes(cache['bytes'])}"
    if cache["old folders"]:
        unused = f"{cache['old folders']} caches beside it that nothing uses"
        yield "", f"{unused}, {megabytes(cache['old bytes'])}; `minivit warmup` removes them"
    yield "product", f"{product['chosen']}, {product['reason']}"
    ours, theirs = product["numba GFLOP/s"], product["blas GFLOP/s"]
    yield "", f"measured now: numba {ours:.0f} GFLOP/s, blas {theirs:.0f} GFLOP/s"
    bf16 = INSTRUCTIONS.get(product["bf16"], "no instruction for it: emulated only (--emulate)")
    yield "bf16", bf16
    yield "self-test", verdict(facts["self-test"])


def megabytes(count: int) -> str:
    return f"{count / 1e6:.1f} MB"


def verdict(twins: list) -> str:
    """The self-test in one sentence."""
    wrong = sum(not twin.ok for twin in twins)
    if wrong:
        return f"{wrong} of {len(twins)} kernels differ from their ops"
    worst = {dtype: 0.0 for dtype in sorted({twin.dtype for twin in twins})}
    for twin in twins:
        worst[twin.dtype] = max(worst[twin.dtype], twin.difference)
    words = ", ".join(f"{difference:.0e} in {dtype}" for dtype, difference in worst.items())
    return f"all {len(twins)} comparisons of a kernel with its op agree (at worst {words})"
