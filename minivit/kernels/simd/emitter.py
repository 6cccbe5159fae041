"""How wide this machine's vectors are, and `Emitter`: the words to write LLVM with.

A vector register holds LANES numbers of one dtype. AVX-512 has 32 registers of 16 floats, AVX2 16
of 8, NEON 32 of 4.
"""

import numpy as np
from llvmlite import binding, ir
from numba import config
from numba.core import cgutils
from numba.extending import intrinsic


def features():
    """What Numba compiles for (its settings may allow less than the CPU has): {"+avx2", ...}."""
    if config.CPU_FEATURES is not None:
        found = config.CPU_FEATURES
    elif config.CPU_NAME not in (None, "host"):
        found = ""
    else:
        found = binding.get_host_cpu_features().flatten()
    return set(found.split(","))


def _vector_bytes():
    """Width of the vectors."""
    if "+avx512f" in features():
        return 64
    return 32 if "+avx2" in features() else 16


VECTOR_BYTES = _vector_bytes()


def lanes(dtype):
    """Numbers of this dtype in one vector."""
    return VECTOR_BYTES // np.dtype(dtype).itemsize


def instruction(twin, **options):
    """Decorates an intrinsic; with the JIT off, its twin takes its place."""
    if config.DISABLE_JIT:
        return lambda function: twin
    return intrinsic(**options) if options else intrinsic


def strided(array, offset, rows, row_stride, columns, column_stride=1):
    """The elements that an instruction would touch, as a 2-D view: what the twins work on."""
    flat = array.reshape(-1)
    if rows <= 0 or columns <= 0:
        return np.empty((max(rows, 0), max(columns, 0)), array.dtype)
    last = offset + (rows - 1) * row_stride + (columns - 1) * column_stride
    assert offset >= 0 and last < flat.size, "this would leave its array"
    strides = (row_stride * flat.itemsize, column_stride * flat.itemsize)
    return np.lib.stride_tricks.as_strided(flat[offset:], (rows, columns), strides)


def elements(matrix, rows, columns):
    """The first rows x columns of a Matrix, as a view."""
    numbers, first, row, column = matrix
    return strided(numbers, first, rows, row, columns, column)


class Emitter:
    """LLVM's words for one element type: pointers, loads and stores at an element offset, masks."""

    def __init__(self, context, builder, dtype):
        self.context, self.builder = context, builder
        self.element = context.get_value_type(dtype)
        self.bytes = dtype.bitwidth // 8
        self.lanes = VECTOR_BYTES // self.bytes
        self.vector = ir.VectorType(self.element, self.lanes)
        self.suffix = f"v{self.lanes}f{dtype.bitwidth}"
        self.zeros = self.constant(0.0)

    def number(self, value):
        """An integer constant: an offset or a stride."""
        return ir.Constant(ir.IntType(64), value)

    def constant(self, value, kind=None):
        """The same constant in every lane."""
        return ir.Constant(kind or self.vector, [value] * self.lanes)

    def pointer(self, array_type, array, offset):
        """Where element `offset` of an array lies."""
        data = self.context.make_array(array_type)(self.context, self.builder, array).data
        return self.builder.gep(data, [offset])

    def matrix(self, kind, matrix):
        """Where a Matrix begins, and its row and column strides."""
        numbers, first, row, column = cgutils.unpack_tuple(self.builder, matrix)
        return self.pointer(kind[0], numbers, first), row, column

    def at(self, pointer, offset):
        """The vector that begins `offset` elements after the pointer."""
        return self.builder.bitcast(self.builder.gep(pointer, [offset]), self.vector.as_pointer())

    def opaque(self, pointer):
        """The same pointer, and LLVM does not see how it came about.

        Else it calculates a tile's rows from one another in each turn of the loop over k, and these
        additions take places from multiply-adds. With opaque rows, on Emerald Rapids, a tile of
        8 x 2 is 1 % faster, and one of 12 x 2 runs at 165 GFLOP/s, not at 90.
        """
        kind = ir.FunctionType(pointer.type, [pointer.type])
        return self.builder.asm(kind, "", "=r,0", [pointer], False)

    def load(self, where, mask=None):
        """A vector; lanes outside the mask are not read, and are 0."""
        if mask is None:
            return self.builder.load(where, align=self.bytes)
        bits, align = ir.VectorType(ir.IntType(1), self.lanes), ir.IntType(32)
        arguments = [self.vector.as_pointer(), align, bits, self.vector]
        load = self._function(f"llvm.masked.load.{self.suffix}.p0", self.vector, arguments)
        return self.builder.call(load, [where, ir.Constant(align, self.bytes), mask, self.zeros])

    def store(self, value, where, mask=None):
        """Write a vector; lanes outside the mask are left as they are."""
        if mask is None:
            self.builder.store(value, where, align=self.bytes)
            return
        bits, align = ir.VectorType(ir.IntType(1), self.lanes), ir.IntType(32)
        arguments = [self.vector, self.vector.as_pointer(), align, bits]
        store = self._function(f"llvm.masked.store.{self.suffix}.p0", ir.VoidType(), arguments)
        self.builder.call(store, [value, where, ir.Constant(align, self.bytes), mask])

    def prefetch(self, where):
        """Fetch what lies there into the nearest cache; a hint, which never faults."""
        pointer, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        fetch = self._function("llvm.prefetch.p0", ir.VoidType(), [pointer, number, number, number])
        read, nearest, data = (ir.Constant(number, n) for n in (0, 3, 1))
        self.builder.call(fetch, [self.builder.bitcast(where, pointer), read, nearest, data])

    def mask(self, width, vector=0):
        """Which lanes of vector number `vector`, of several side by side, lie left of `width`."""
        kind = ir.VectorType(ir.IntType(64), self.lanes)
        columns = ir.Constant(kind, [vector * self.lanes + lane for lane in range(self.lanes)])
        return self.builder.icmp_signed("<", columns, self.broadcast(width))

    def broadcast(self, number):
        """The same number in every lane."""
        b, kind = self.builder, ir.VectorType(number.type, self.lanes)
        nothing = ir.Constant(kind, ir.Undefined)
        one = b.insert_element(nothing, number, ir.Constant(ir.IntType(32), 0))
        index = self.constant(0, ir.VectorType(ir.IntType(32), self.lanes))
        return b.shuffle_vector(one, nothing, index)

    def shuffle(self, x, y, lanes):
        """Lanes picked from x (0 to LANES - 1) and y (LANES to 2 LANES - 1)."""
        kind = ir.VectorType(ir.IntType(32), self.lanes)
        return self.builder.shuffle_vector(x, y, ir.Constant(kind, lanes))

    def multiply_add(self, x, y, z):
        """x y + z, rounded once."""
        fma = self._function(f"llvm.fma.{self.suffix}", self.vector, [self.vector] * 3)
        return self.builder.call(fma, [x, y, z])

    def _function(self, name, result, arguments):
        kind = ir.FunctionType(result, arguments)
        return cgutils.get_or_insert_function(self.builder.module, kind, name)
