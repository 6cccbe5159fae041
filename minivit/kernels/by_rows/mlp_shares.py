"""What one thread does for an MLP branch: its rows, some at a time (backward, a piece
after the other)."""

from ..compiling import call, shared
from ..layernorm_steps import Norm
from ..matrix import ONE, ZERO, Matrix, moved, transposed
from ..product.endings import ADD_BIAS, NOTHING, Ending
from ..product.tiled import all_of
from .cut import ADDED_UP, PACKED, WRITTEN, Sizes, packed_rows, rows_of
from .space import own_space, product, product_with_weight
from .sums import nothing_else, sums_of_piece


@shared
def mlp_forward_share(share, shares, of_rows, norm, weights, modes, sizes, workspace, addresses):
    """y = x + MLP(LN(x)) for this share's rows; z is written where it is kept."""
    sizes, norm = Sizes(*sizes), Norm(*norm)
    own, D, M = own_space(share, shares, workspace, sizes, addresses), sizes.D, sizes.wide
    (x, y, z, keeps_z), (w1, b1, w2, b2), (mode, has_b1, has_b2) = of_rows, weights, modes
    x, y, z, w1, w2 = all_of(x), all_of(y), all_of(z), all_of(w1), all_of(w2)
    b1, h, mode_of_y = Matrix(b1, ZERO, ZERO, ONE), own.wide, ADD_BIAS if has_b2 else NOTHING
    add_b2 = Ending(mode_of_y, b2, workspace, workspace, 0, 0, workspace)
    begin, end = rows_of(share, shares, sizes, sizes.unit)
    for r in range(begin, end, sizes.down):
        down = min(sizes.down, end - r)
        x_here, z_here = moved(x, r, ZERO), moved(z, r, ZERO) if keeps_z else own.wide
        h_apart = h.first - z_here.first
        gelu = Ending(mode, workspace, z_here.numbers, workspace, 0, h_apart, workspace)
        # n = LN(x)
        call(own.normalise, (own.normed, x_here, r, down, norm, False))
        # z = n w1 + b1, h = gelu(z)
        product_with_weight(own, own.normed, w1, b1, has_b1, z_here, (down, M, D), gelu)
        # y = x + h w2 + b2
        product_with_weight(own, h, w2, x_here, 1, moved(y, r, ZERO), (down, D, M), add_b2)


@shared
def mlp_backward_share(share, shares, of_rows, of_all, packing, norm, weights, sums, mode, sizes,
                       workspace, addresses):  # fmt: skip
    """dx for this share's pieces, and of each piece the sums that become dw1, dw2, db1, db2, dgamma
    and dbeta, in a row of `sums`.

    of_all: n, h and dz of all rows, and the way (cut.py). Where they are written, a piece sums up
    dgamma and dbeta alone; where they are packed, db1 and db2, too, which come first in its row.
    packing: where the function for that lies, and where to, for dw1 and dw2.
    """
    sizes, norm = Sizes(*sizes), Norm(*norm)
    own, D, M = own_space(share, shares, workspace, sizes, addresses), sizes.D, sizes.wide
    (dy, dx, x, z), (w1_t, w2_t) = of_rows, weights
    dy, dx, x, z = all_of(dy), all_of(dx), all_of(x), all_of(z)
    w1_t, w2_t, h, dz = all_of(w1_t), all_of(w2_t), own.wide, own.dwide
    nothing, normed, dnormed = nothing_else(workspace), own.normed, own.dnormed
    (all_normed, all_h, all_dz, way), (pack, of_dw1, of_dw2) = of_all, packing
    all_normed, all_h, all_dz = all_of(all_normed), all_of(all_h), all_of(all_dz)
    begin, end = rows_of(share, shares, sizes, sizes.piece)
    for r0 in range(begin, end, sizes.piece):
        after, row = min(r0 + sizes.piece, end), sums[r0 // sizes.piece]
        dw1, dw2, to_db1, to_db2, of_norm = sums_of_piece(row, D, M, M, workspace)
        for r in range(r0, after, sizes.down):
            down = min(sizes.down, after - r)
            # A piece's first rows begin its sums; later rows add to what is there (2).
            going_on, add_up = (2, 2) if r > r0 else (0, 1)
            x_here, dy_here, dx_here = moved(x, r, ZERO), moved(dy, r, ZERO), moved(dx, r, ZERO)
            if way == WRITTEN:
                normed, h = moved(all_normed, r, ZERO), moved(all_h, r, ZERO)
                dz = moved(all_dz, r, ZERO)
            z_apart, h_apart = z.first + r * M - dz.first, h.first - dz.first
            gelu = Ending(mode, workspace, z.numbers, h.numbers, z_apart, h_apart, workspace)
            # n = LN(x), again
            call(own.normalise, (normed, x_here, r, down, norm, True))
            # dz = (dy w2^T) gelu'(z), and h = gelu(z), again
            product_with_weight(own, dy_here, w2_t, dz, 0, dz, (down, M, D), gelu)
            # dn = dz w1^T
            product_with_weight(own, dz, w1_t, dnormed, 0, dnormed, (down, D, M), nothing)
            if way == PACKED:
                k = packed_rows(r, sizes)
                # for dw2 = h^T dy; db2 += dy
                call(pack, (h, dy_here, (down, M, D), k, of_dw2, row, M, r > r0))
                # for dw1 = n^T dz; db1 += dz
                call(pack, (normed, dz, (down, D, M), k, of_dw1, row, ZERO, r > r0))
            elif way == ADDED_UP:
                h_t, normed_t = transposed(h), transposed(normed)
                # dw2 += h^T dy, db2 += dy
                product(own, h_t, dy_here, dw2, going_on, dw2, (M, D, down), to_db2, add_up)
                # dw1 += n^T dz, db1 += dz
                product(own, normed_t, dz, dw1, going_on, dw1, (D, M, down), to_db1, add_up)
            # dx = dy + LN's dx of dn; dgamma, dbeta +=
            of_norms = (dx_here, dnormed, x_here), dy_here, True, r, down, of_norm, norm
            call(own.normalise_backward, of_norms)
