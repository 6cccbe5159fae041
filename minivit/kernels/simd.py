"""The few explicit SIMD pieces: what plain Numba cannot say, as LLVM instructions.

`tile` is the heart of every matrix product here. It computes a small block of C,

    c[r, j] = start[r, j] + sum_k a[r, k] b[k, j]        r < rows,  j < vectors x LANES,

whose rows x vectors accumulators stay in vector registers while the loop runs over k. One step of k loads
`vectors` vectors of b's row, spreads each a[r, k] over a vector and does rows x vectors multiply-adds: with
8 x 2 that is 16 multiply-adds for 10 loads, so that the loads hide behind the arithmetic.

The machine's registers bound the tile: AVX-512 has 32 (of 16 floats), AVX2 16 (of 8), NEON 32 (of 4).

Everything takes arrays, element offsets and element strides, never slices: a Numba slice counts references,
which threads would fight over. Each piece has a twin in plain Python, which runs when the JIT is off.
"""

import numpy as np
from llvmlite import binding, ir
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic


def _vector_bytes():
    """Width of the vectors that Numba will compile for (it may be held to less than the CPU has)."""
    if config.CPU_FEATURES is not None:
        features = config.CPU_FEATURES
    elif config.CPU_NAME not in (None, "host"):
        features = ""
    else:
        features = binding.get_host_cpu_features().flatten()
    names = features.split(",")
    if "+avx512f" in names:
        return 64
    return 32 if "+avx2" in names else 16


VECTOR_BYTES = _vector_bytes()
ROWS = {64: 8, 32: 6, 16: 6}[VECTOR_BYTES]  # the tile: ROWS rows
VECTORS = {64: 2, 32: 2, 16: 4}[VECTOR_BYTES]  # times VECTORS vectors of columns
LANES_32, LANES_64 = VECTOR_BYTES // 4, VECTOR_BYTES // 8


def lanes(dtype):
    """Numbers of this dtype in one vector."""
    return VECTOR_BYTES // np.dtype(dtype).itemsize


# --- the tile ------------------------------------------------------------------------------------


class _Emitter:
    """LLVM vocabulary for one element type: vectors, pointers, loads and stores at an element offset."""

    def __init__(self, context, builder, dtype):
        self.context, self.builder = context, builder
        self.element = context.get_value_type(dtype)
        self.bytes = dtype.bitwidth // 8
        self.lanes = VECTOR_BYTES // self.bytes
        self.vector = ir.VectorType(self.element, self.lanes)
        self.suffix = f"v{self.lanes}f{dtype.bitwidth}"
        self.zeros = ir.Constant(self.vector, [0.0] * self.lanes)

    def number(self, value):
        return ir.Constant(ir.IntType(64), value)

    def pointer(self, array_type, array, offset):
        data = self.context.make_array(array_type)(self.context, self.builder, array).data
        return self.builder.gep(data, [offset])

    def at(self, pointer, offset):
        return self.builder.bitcast(self.builder.gep(pointer, [offset]), self.vector.as_pointer())

    def intrinsic(self, name, result, arguments):
        kind = ir.FunctionType(result, arguments)
        return cgutils.get_or_insert_function(self.builder.module, kind, name)

    def multiply_add(self, x, y, z):
        fma = self.intrinsic(f"llvm.fma.{self.suffix}", self.vector, [self.vector] * 3)
        return self.builder.call(fma, [x, y, z])

    def spread(self, number):
        one = self.builder.insert_element(
            ir.Constant(self.vector, ir.Undefined), number, ir.Constant(ir.IntType(32), 0)
        )
        index = ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), [0] * self.lanes)
        return self.builder.shuffle_vector(one, ir.Constant(self.vector, ir.Undefined), index)

    def mask(self, width, vector):
        """Which lanes of this vector of the tile lie left of `width`."""
        b, index = self.builder, ir.VectorType(ir.IntType(64), self.lanes)
        columns = ir.Constant(index, [vector * self.lanes + lane for lane in range(self.lanes)])
        wide = b.insert_element(ir.Constant(index, ir.Undefined), width, ir.Constant(ir.IntType(32), 0))
        zero = ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), [0] * self.lanes)
        return b.icmp_signed("<", columns, b.shuffle_vector(wide, wide, zero))

    def masked_load(self, pointer, mask):
        bit, align = ir.VectorType(ir.IntType(1), self.lanes), ir.IntType(32)
        arguments = [self.vector.as_pointer(), align, bit, self.vector]
        load = self.intrinsic(f"llvm.masked.load.{self.suffix}.p0", self.vector, arguments)
        return self.builder.call(load, [pointer, ir.Constant(align, self.bytes), mask, self.zeros])

    def masked_store(self, value, pointer, mask):
        bit, align = ir.VectorType(ir.IntType(1), self.lanes), ir.IntType(32)
        arguments = [self.vector, self.vector.as_pointer(), align, bit]
        store = self.intrinsic(f"llvm.masked.store.{self.suffix}.p0", ir.VoidType(), arguments)
        self.builder.call(store, [value, pointer, ir.Constant(align, self.bytes), mask])


def _tile_type(rows, vectors, a, b, start, c):
    assert a.dtype == b.dtype == start.dtype == c.dtype, "one dtype per product"
    n = types.intp
    return types.void(
        rows, vectors, a, n, n, n, b, n, n, start, n, n, n, c, n, n, n, n
    )


@intrinsic(prefer_literal=True)
def tile(typingctx, rows, vectors, a, a_offset, a_row, a_k, b, b_offset, b_k,
         start, start_offset, start_row, use_start, c, c_offset, c_row, width, depth):  # fmt: skip
    """c[0:rows, 0:width] = first + a[0:rows, 0:depth] @ b[0:depth, 0:width].

    rows and vectors are literals; element (r, k) of a lies at a_offset + r a_row + k a_k, element (k, j) of b at
    b_offset + k b_k + j, likewise start (start_row = 0: one row for all, a bias) and c. What is added to: 0, or start where use_start is 1
    (True), or c itself where it is 2.
    b is read vectors x LANES wide whatever the width is (pad it); start and c only up to `width`.
    """
    signature = _tile_type(rows, vectors, a, b, start, c)
    height, across = rows.literal_value, vectors.literal_value

    def codegen(context, builder, sig, args):
        emit = _Emitter(context, builder, sig.args[2].dtype)
        _emit_tile(emit, height, across, sig.args, args)
        return context.get_dummy_value()

    return signature, codegen


def _emit_tile(emit, rows, vectors, kinds, args):
    b = emit.builder
    (_, _, a, a_offset, a_row, a_k, panel, panel_offset, panel_k,
     start, start_offset, start_row, use_start, c, c_offset, c_row, width, depth) = args  # fmt: skip
    ragged = b.icmp_signed("<", width, emit.number(vectors * emit.lanes))
    goes_on = b.icmp_signed("==", use_start, emit.number(2))
    c = emit.pointer(kinds[13], c, c_offset)
    start = b.select(goes_on, c, emit.pointer(kinds[9], start, start_offset))
    start_row = b.select(goes_on, c_row, start_row)
    use_start = b.icmp_signed("!=", use_start, emit.number(0))
    first = _emit_start(emit, rows, vectors, start, start_row, use_start, width, ragged)
    a = emit.pointer(kinds[2], a, a_offset)
    panel = emit.pointer(kinds[6], panel, panel_offset)
    sums = _emit_k_loop(emit, rows, vectors, a, a_row, a_k, panel, panel_k, depth, first)
    where = [[emit.at(c, _spot(emit, c_row, r, v)) for v in range(vectors)] for r in range(rows)]
    with b.if_else(ragged, likely=False) as (edge, inside):
        with edge:
            masks = [emit.mask(width, v) for v in range(vectors)]
            for r in range(rows):
                for v in range(vectors):
                    emit.masked_store(sums[r][v], where[r][v], masks[v])
        with inside:
            for r in range(rows):
                for v in range(vectors):
                    b.store(sums[r][v], where[r][v], align=emit.bytes)


def _spot(emit, row_stride, r, v):
    b = emit.builder
    return b.add(b.mul(row_stride, emit.number(r)), emit.number(v * emit.lanes))


def _emit_start(emit, rows, vectors, start, row_stride, use_start, width, ragged):
    """The accumulators' first values: zeros, or read from start (only its valid columns at a ragged edge)."""
    b = emit.builder
    zero, read, edge, inside, ready = (
        b.append_basic_block(name) for name in ("zero", "read", "edge", "inside", "ready")
    )
    b.cbranch(use_start, read, zero)
    b.position_at_end(zero)
    b.branch(ready)
    b.position_at_end(read)
    where = [[emit.at(start, _spot(emit, row_stride, r, v)) for v in range(vectors)] for r in range(rows)]
    b.cbranch(ragged, edge, inside)
    b.position_at_end(edge)
    masks = [emit.mask(width, v) for v in range(vectors)]
    masked = [[emit.masked_load(where[r][v], masks[v]) for v in range(vectors)] for r in range(rows)]
    b.branch(ready)
    b.position_at_end(inside)
    whole = [[b.load(where[r][v], align=emit.bytes) for v in range(vectors)] for r in range(rows)]
    b.branch(ready)
    b.position_at_end(ready)
    first = [[b.phi(emit.vector) for _ in range(vectors)] for _ in range(rows)]
    for r in range(rows):
        for v in range(vectors):
            first[r][v].add_incoming(emit.zeros, zero)
            first[r][v].add_incoming(masked[r][v], edge)
            first[r][v].add_incoming(whole[r][v], inside)
    return first


def _emit_k_loop(emit, rows, vectors, a, a_row, a_k, panel, panel_k, depth, first):
    """for k < depth: sums[r][v] += a[r, k] panel[k, v]; returns the sums (`first` where depth is 0)."""
    b = emit.builder
    before, loop, done = b.block, b.append_basic_block("k"), b.append_basic_block("done")
    a_rows = [b.gep(a, [b.mul(a_row, emit.number(r))]) for r in range(rows)]
    b.cbranch(b.icmp_signed(">", depth, emit.number(0)), loop, done)
    b.position_at_end(loop)
    k = b.phi(ir.IntType(64))
    sums = [[b.phi(emit.vector) for _ in range(vectors)] for _ in range(rows)]
    row = b.mul(k, panel_k)
    across = [
        b.load(emit.at(panel, b.add(row, emit.number(v * emit.lanes))), align=emit.bytes) for v in range(vectors)
    ]
    down = b.mul(k, a_k)
    after = []
    for r in range(rows):
        number = emit.spread(b.load(b.gep(a_rows[r], [down]), align=emit.bytes))
        after.append([emit.multiply_add(number, across[v], sums[r][v]) for v in range(vectors)])
    following = b.add(k, emit.number(1))
    k.add_incoming(emit.number(0), before)
    k.add_incoming(following, loop)
    b.cbranch(b.icmp_signed("<", following, depth), loop, done)
    b.position_at_end(done)
    result = [[b.phi(emit.vector) for _ in range(vectors)] for _ in range(rows)]
    for r in range(rows):
        for v in range(vectors):
            sums[r][v].add_incoming(first[r][v], before)
            sums[r][v].add_incoming(after[r][v], loop)
            result[r][v].add_incoming(first[r][v], before)
            result[r][v].add_incoming(after[r][v], loop)
    return result


@intrinsic
def stay_whole(typingctx):
    """Said first in a function: never inline it. A kernel of many large parts then compiles several times faster."""

    def codegen(context, builder, sig, args):
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.void(), codegen


@intrinsic
def call(typingctx, address, arguments):
    """Call the compiled function at `address` (compile.address_of) with a tuple of arguments; returns nothing.

    Numba compiles whatever a parallel loop calls three times over; what it calls by address, not at all.
    """

    def codegen(context, builder, sig, args):
        values = cgutils.unpack_tuple(builder, args[1])
        kind = ir.FunctionType(context.get_value_type(types.none), [value.type for value in values])
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), values)
        return context.get_dummy_value()

    return types.void(types.intp, arguments), codegen


# --- packing -------------------------------------------------------------------------------------


@intrinsic(prefer_literal=True)
def copy_row(typingctx, vectors, to, to_offset, source, offset, width):
    """to[0 : vectors x LANES] = source[0:width], zeros after: all of `to` is written, no more than width read."""
    across = vectors.literal_value
    n = types.intp

    def codegen(context, builder, sig, args):
        _, to, to_offset, source, offset, width = args
        emit = _Emitter(context, builder, sig.args[1].dtype)
        to = emit.pointer(sig.args[1], to, to_offset)
        source = emit.pointer(sig.args[3], source, offset)
        where = [emit.number(v * emit.lanes) for v in range(across)]
        whole = builder.icmp_signed(">=", width, emit.number(across * emit.lanes))
        with builder.if_else(whole, likely=True) as (inside, edge):
            with inside:
                values = [builder.load(emit.at(source, w), align=emit.bytes) for w in where]
                for value, w in zip(values, where):
                    builder.store(value, emit.at(to, w), align=emit.bytes)
            with edge:
                for v, w in enumerate(where):
                    value = emit.masked_load(emit.at(source, w), emit.mask(width, v))
                    builder.store(value, emit.at(to, w), align=emit.bytes)
        return context.get_dummy_value()

    return types.void(vectors, to, n, source, n, n), codegen


@intrinsic
def transpose(typingctx, to, to_offset, to_row, source, offset, source_row, rows, width):
    """to[k, r] = source[r, k] for a square of LANES x LANES, of which rows x width exist in source.

    All LANES x LANES of `to` are written (rubbish past rows and width); nothing else is read.
    log2(LANES) perfect shuffles: each interleaves row i with row i + LANES/2.
    """
    n = types.intp

    def codegen(context, builder, sig, args):
        to, to_offset, to_row, source, offset, source_row, rows, width = args
        emit = _Emitter(context, builder, sig.args[0].dtype)
        to = emit.pointer(sig.args[0], to, to_offset)
        source = emit.pointer(sig.args[3], source, offset)
        starts = []
        for r in range(emit.lanes):
            exists = builder.icmp_signed("<", emit.number(r), rows)
            starts.append(builder.select(exists, builder.mul(source_row, emit.number(r)), emit.number(0)))
        for k, value in enumerate(_shuffled(emit, _emit_rows(emit, source, starts, width))):
            builder.store(value, emit.at(to, builder.mul(to_row, emit.number(k))), align=emit.bytes)
        return context.get_dummy_value()

    return types.void(to, n, n, source, n, n, n, n), codegen


def _emit_rows(emit, source, starts, width):
    b = emit.builder
    edge, inside, ready = (b.append_basic_block(name) for name in ("edge", "inside", "ready"))
    b.cbranch(b.icmp_signed("<", width, emit.number(emit.lanes)), edge, inside)
    b.position_at_end(edge)
    mask = emit.mask(width, 0)
    masked = [emit.masked_load(emit.at(source, s), mask) for s in starts]
    b.branch(ready)
    b.position_at_end(inside)
    whole = [b.load(emit.at(source, s), align=emit.bytes) for s in starts]
    b.branch(ready)
    b.position_at_end(ready)
    rows = [b.phi(emit.vector) for _ in starts]
    for row, value, other in zip(rows, masked, whole):
        row.add_incoming(value, edge)
        row.add_incoming(other, inside)
    return rows


def _shuffled(emit, rows):
    half = emit.lanes // 2
    i32 = ir.IntType(32)
    pairs = [[n for i in range(s, s + half) for n in (i, i + emit.lanes)] for s in (0, half)]
    pairs = [ir.Constant(ir.VectorType(i32, emit.lanes), p) for p in pairs]
    for _ in range(emit.lanes.bit_length() - 1):
        rows = [emit.builder.shuffle_vector(rows[i], rows[i + half], p) for i in range(half) for p in pairs]
    return rows


def _strided(array, offset, rows, row_stride, columns, column_stride=1):
    """The elements that an intrinsic would touch, as a 2-D view (for the Python twins)."""
    flat = array.reshape(-1)
    if rows <= 0 or columns <= 0:
        return np.empty((max(rows, 0), max(columns, 0)), array.dtype)
    last = offset + (rows - 1) * row_stride + (columns - 1) * column_stride
    assert 0 <= offset and last < flat.size, "the tile would leave its array"
    strides = (row_stride * flat.itemsize, column_stride * flat.itemsize)
    return np.lib.stride_tricks.as_strided(flat[offset:], (rows, columns), strides)


if config.DISABLE_JIT:

    def tile(rows, vectors, a, a_offset, a_row, a_k, b, b_offset, b_k,
             start, start_offset, start_row, use_start, c, c_offset, c_row, width, depth):  # fmt: skip
        columns = vectors * lanes(c.dtype)
        width = min(width, columns)
        product = _strided(a, a_offset, rows, a_row, depth, a_k) @ _strided(b, b_offset, depth, b_k, columns)
        if use_start == 2:
            start, start_offset, start_row = c, c_offset, c_row
        first = _strided(start, start_offset, rows, start_row, width) if use_start else 0
        _strided(c, c_offset, rows, c_row, width)[...] = first + product[:, :width]

    def stay_whole():
        pass

    def call(function, arguments):
        function(*arguments)

    def copy_row(vectors, to, to_offset, source, offset, width):
        columns = vectors * lanes(to.dtype)
        width = min(width, columns)
        row = _strided(to, to_offset, 1, 0, columns)[0]
        row[:width] = _strided(source, offset, 1, 0, width)[0]
        row[width:] = 0

    def transpose(to, to_offset, to_row, source, offset, source_row, rows, width):
        side = lanes(to.dtype)
        rows, width = min(rows, side), min(width, side)
        square = _strided(to, to_offset, side, to_row, side)
        square[...] = 0
        square[:width, :rows] = _strided(source, offset, rows, source_row, width).T


# Scalars: what plain Numba has no word for. A loop that calls these is vectorised by LLVM, so that each becomes
# one or a few instructions on whole vectors.


@intrinsic
def _times_power_of_two(typingctx, value, exponent):
    """value * 2**exponent, by adding to the exponent's bits; exponent is a float that holds an integer."""
    def codegen(context, b, signature, args):
        value, exponent = args
        bits, mantissa = (32, 23) if signature.return_type == types.float32 else (64, 52)
        integer = ir.IntType(bits)
        shift = b.fptosi(exponent, ir.IntType(32))  # 32 bits for float64 too: AVX2 converts only to those
        shift = shift if bits == 32 else b.sext(shift, integer)
        shift = b.shl(shift, ir.Constant(integer, mantissa))
        return b.bitcast(b.add(b.bitcast(value, integer), shift), value.type)

    return value(value, exponent), codegen


def _times_power_of_two_twin(value, exponent):
    if not abs(exponent) < 10000:
        return value
    result = np.ldexp(value, int(exponent))
    return result if abs(result) >= np.finfo(result.dtype).tiny else result * 0


@intrinsic
def _polynomial(typingctx, x, coefficients):
    """c0 + x (c1 + x (c2 + ...)) for a tuple of constants, unrolled; the coefficients have x's type."""
    def codegen(context, b, signature, args):
        x, *_ = args
        terms = cgutils.unpack_tuple(b, args[1])
        total = terms.pop()
        while terms:
            total = b.fadd(b.fmul(total, x), terms.pop())  # `contract` makes it one instruction
        return total

    return x(x, coefficients), codegen


def _polynomial_twin(x, coefficients):
    total = coefficients[-1]
    for term in coefficients[-2::-1]:
        total = total * x + term
    return total


@intrinsic
def _larger(typingctx, a, b):
    """The larger of two floats, NaN if either is: `llvm.maximum`, a reduction that LLVM vectorises."""
    def codegen(context, builder, signature, args):
        kind, bits = args[0].type, 32 if signature.return_type == types.float32 else 64
        kinds = ir.FunctionType(kind, [kind, kind])
        maximum = cgutils.get_or_insert_function(builder.module, kinds, f"llvm.maximum.f{bits}")
        return builder.call(maximum, args)

    return a(a, b), codegen


if config.DISABLE_JIT:
    times_power_of_two, polynomial, larger = _times_power_of_two_twin, _polynomial_twin, np.maximum
else:
    times_power_of_two, polynomial, larger = _times_power_of_two, _polynomial, _larger
