"""What `minivit doctor` looks at: plain facts of the machine, the kernels and their cache."""

import os
import platform
from types import ModuleType

import minivit
from minivit import backend
from minivit.checking.advice import advice
from minivit.errors import InputError
from minivit.machine import cpu_name, installed
from minivit.threads import BLAS_VARIABLES, available_threads, thread_count

WIDTHS = {64: "AVX-512", 32: "AVX2", 16: "128 bits"}  # bytes of a vector in the kernels


def examine() -> dict:
    """Every fact, and the advice; the self-test comes early, since it starts the threads."""
    kernels, trouble = None, None
    try:
        kernels = backend.load("numba")
    except InputError as error:
        if error.__cause__ is None:
            raise  # a variable has a value that it can't have
        trouble = str(error.__cause__)
    facts: dict = {
        "versions": versions(),
        "trouble": trouble,
        "processor": processor(kernels),
        "self-test": self_test(kernels),
        "threads": threads(kernels),
        "cache": cache(kernels),
        "product": product(kernels),
    }
    facts["advice"] = [sentence[0].upper() + sentence[1:] for sentence in advice(facts)]
    return facts


def versions() -> dict:
    """The versions of all that the speed depends on; None: not installed."""
    import numpy

    blas = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "minivit": minivit.__version__,
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "numba": installed("numba"),
        "llvmlite": installed("llvmlite"),
        "blas": f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip(),
    }


def processor(kernels: ModuleType | None) -> dict:
    facts = {"name": cpu_name(), "system": f"{platform.system()} {platform.machine()}"}
    if kernels is not None:
        from minivit.kernels.simd import VECTOR_BYTES

        facts["vectors"] = f"{WIDTHS[VECTOR_BYTES]}, {VECTOR_BYTES // 4} numbers of float32"
    return facts


def threads(kernels: ModuleType | None) -> dict:
    """Called after the kernels have run once: only then has Numba chosen a layer."""
    facts = {
        "processors": available_threads(),
        "threads": thread_count(),
        "blas threads": next((os.environ[v] for v in BLAS_VARIABLES if v in os.environ), None),
    }
    if kernels is not None:
        from minivit.kernels.compiling.entrance import layer_and_threads

        facts["layer"], facts["kernel threads"] = layer_and_threads()
    return facts


def cache(kernels: ModuleType | None) -> dict:
    if kernels is None:
        return {}
    from minivit.kernels.compiling import cache as where
    from minivit.kernels.compiling.start import CACHE

    old = where.old_folders()
    return {
        "folder": CACHE and str(CACHE),
        "state": "off" if CACHE is None else "in use",
        "files": 0 if CACHE is None else len(where.files(CACHE)),
        "bytes": 0 if CACHE is None else where.size(CACHE),
        "old folders": len(old),
        "old bytes": sum(map(where.size, old)),
        "why off": where.why_none() if CACHE is None else None,
        "temporary": CACHE is not None and where.temporary_folder() in CACHE.parents,
    }


def product(kernels: ModuleType | None) -> dict:
    """Who multiplies matrices, how fast both sides are, and what multiplies in bf16."""
    if kernels is None:
        return {}
    from minivit.kernels.product import choice
    from minivit.kernels.product.bf16.instructions import instruction

    asked, speeds = choice.asked(), choice.speeds()
    if asked == "auto":
        reason = 'chosen by "auto", which measured both'
    elif os.environ.get("MINIVIT_MATMUL"):
        reason = "asked for by MINIVIT_MATMUL"
    else:
        reason = "the default: this processor has no hardware that only a BLAS can use"
    return {
        "chosen": choice.chosen(), "reason": reason,
        "numba GFLOP/s": round(speeds.numba, 1), "blas GFLOP/s": round(speeds.blas, 1),
        "bf16": instruction(),
    }  # fmt: skip


def self_test(kernels: ModuleType | None) -> list:
    """Every kernel against its op, in both dtypes."""
    from minivit.checking.twins import compare

    dtypes = () if kernels is None else ("float32", "float64")
    return [twin for dtype in dtypes for twin in compare(kernels, dtype)]
