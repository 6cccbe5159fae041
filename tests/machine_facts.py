"""What `minivit doctor` finds on a machine where all is well."""

from minivit.checking.twins import Twin

WELL = {
    "versions": {"minivit": "1", "python": "3", "numpy": "2", "numba": "0.60", "llvmlite": "0.43",
                 "blas": "openblas"},
    "trouble": None,
    "processor": {"name": "a processor", "system": "Linux x86_64", "vectors": "AVX2"},
    "self-test": [Twin("mlp", "float32", 1e-7), Twin("mlp", "float64", 1e-16)],
    "threads": {"processors": 4, "threads": 4, "blas threads": "4", "layer": "omp",
                "kernel threads": 4},
    "cache": {"folder": "/home/me", "state": "in use", "files": 3, "bytes": 10**6,
              "old folders": 0, "old bytes": 0, "why off": None, "temporary": False},
    "product": {"chosen": "numba", "reason": "why", "numba GFLOP/s": 200, "blas GFLOP/s": 180,
                "bf16": None},
}  # fmt: skip
