"""The vector registers of a tile, and the loop over k that sums a matrix product up in them."""

from llvmlite import ir

# Steps of k in one turn of the loop. With one, a tile's speed hung on the address at which the loop
# happened to lie: 63 to 91 GFLOP/s on one core (AVX2), of 91 that it has. With two it is always 91.
STEPS = 2


class Registers:
    """rows x vectors vector registers and what is done with all of them: read, sum up, write."""

    def __init__(self, emit, rows, vectors):
        self.emit, self.builder = emit, emit.builder
        self.rows, self.vectors = range(rows.literal_value), range(vectors.literal_value)
        self.whole = [None] * len(self.vectors)  # masks of a tile that is not ragged

    def masks(self, width):
        return [self.emit.mask(width, v) for v in self.vectors]

    def row_pointers(self, pointer, stride):
        b, number = self.builder, self.emit.number
        return [b.gep(pointer, [b.mul(stride, number(r))]) for r in self.rows]

    def read_row(self, pointer, masks):
        where = [self.emit.at(pointer, self.emit.number(v * self.emit.lanes)) for v in self.vectors]
        return [self.emit.load(w, mask) for w, mask in zip(where, masks, strict=True)]

    def read(self, pointers, masks):
        return [self.read_row(pointer, masks) for pointer in pointers]

    def prefetch(self, pointers):
        """Ask for these rows; the processor goes on while they are fetched."""
        for pointer in pointers:
            for v in self.vectors:
                place = self.emit.number(v * self.emit.lanes)
                self.emit.prefetch(self.builder.gep(pointer, [place]))

    def write(self, pointers, sums, masks):
        for pointer, row in zip(pointers, sums, strict=True):
            for v in self.vectors:
                where = self.emit.at(pointer, self.emit.number(v * self.emit.lanes))
                self.emit.store(row[v], where, masks[v])

    def either(self, *cases):
        """The registers where branches meet. A case: (values, the branch they come from)."""
        merged = [[self.builder.phi(self.emit.vector) for _ in self.vectors] for _ in self.rows]
        for values, branch in cases:
            self._arrive(merged, values, branch)
        return merged

    def _arrive(self, merged, values, branch):
        for r in self.rows:
            for v in self.vectors:
                merged[r][v].add_incoming(values[r][v], branch)

    def sum_up(self, first, a_rows, a_k, panel, panel_k, depth, masks):
        """for k < depth: sums[r][v] += a[r, k] b[k, v]; returns the sums (`first` at depth 0)."""
        b, emit = self.builder, self.emit
        a_rows = [emit.opaque(pointer) for pointer in a_rows]

        def step(k, sums):
            across = self.read_row(b.gep(panel, [b.mul(k, panel_k)]), masks)
            down, after = b.mul(k, a_k), []
            for r in self.rows:
                number = emit.broadcast(b.load(b.gep(a_rows[r], [down]), align=emit.bytes))
                row = [emit.multiply_add(number, across[v], sums[r][v]) for v in self.vectors]
                after.append(row)
            return after

        k, sums = emit.number(0), first
        for steps in (STEPS, 1):
            k, sums = self._loop(step, steps, k, sums, depth)
        return sums

    def _loop(self, step, steps, begin, first, depth):
        """Turns of so many steps, from k = begin on, while so many are left; returns k, sums."""
        b, emit = self.builder, self.emit
        before, loop, done = b.block, b.append_basic_block("k"), b.append_basic_block("done")
        last = b.sub(depth, emit.number(steps))
        b.cbranch(b.icmp_signed("<=", begin, last), loop, done)
        b.position_at_end(loop)
        k = b.phi(ir.IntType(64))
        after = sums = self.either((first, before))
        for n in range(steps):
            after = step(b.add(k, emit.number(n)), after)
        following = b.add(k, emit.number(steps))
        k.add_incoming(begin, before)
        k.add_incoming(following, loop)
        self._arrive(sums, after, loop)
        b.cbranch(b.icmp_signed("<=", following, last), loop, done)
        b.position_at_end(done)
        reached = b.phi(ir.IntType(64))
        reached.add_incoming(begin, before)
        reached.add_incoming(following, loop)
        return reached, self.either((first, before), (after, loop))
