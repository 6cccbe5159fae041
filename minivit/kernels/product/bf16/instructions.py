"""Which instruction multiplies bfloat16 on this processor: AMX's, AVX-512's, or none.

"amx"          TDPBF16PS, on matrix registers: Intel since Sapphire Rapids
"avx512_bf16"  VDPBF16PS, on vector registers: AMD since Zen 4, and Intel's that have no AMX
"""

import ctypes
import functools
import platform
import sys

import numpy as np

from minivit.chosen import now

from ...simd.emitter import features

NEEDED = {
    "amx": {"+avx512bf16", "+amx-bf16", "+amx-tile"},
    "avx512_bf16": {"+avx512bf16"},
}
# Linux's arch_prctl(ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA): a process must ask for its registers.
ARCH_PRCTL, ASK_FOR, MATRIX_REGISTERS = 158, 0x1023, 18


@functools.cache
def available() -> list[str]:
    """Those that this processor and this system have, the quicker one first."""
    there = [name for name, needed in NEEDED.items() if needed <= features()]
    return [name for name in there if name != "amx" or may_use_amx()]


def instruction() -> str | None:
    """The quicker one; None without any."""
    return next(iter(available()), None)


def instruction_for(dtype) -> str | None:
    """The instruction for products of arrays of this dtype; None: they are rounded before."""
    return None if dtype != np.float32 or now().emulate else instruction()


def may_use_amx() -> bool:
    """Ask Linux for AMX's registers, for all threads of this process; whether it gave them."""
    if not sys.platform.startswith("linux") or platform.machine() != "x86_64":
        return False
    return ctypes.CDLL(None).syscall(ARCH_PRCTL, ASK_FOR, MATRIX_REGISTERS) == 0
