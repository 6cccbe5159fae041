"""What one thread does for an attention branch: its rows, some at a time (backward, a piece after
the other), which are whole groups of images (attend_group.py)."""

from ..compiling import call, jit, shared
from ..heads import Heads, ThreeHeads
from ..layernorm_steps import Norm
from ..matrix import ONE, ZERO, Matrix, moved, transposed
from ..product.endings import ADD_BIAS, NOTHING, Ending
from ..product.tiled import all_of
from .attend_group import Grouped
from .cut import ADDED_UP, PACKED, WRITTEN, Sizes, packed_rows, rows_of
from .space import own_space, product, product_with_weight
from .sums import nothing_else, sums_of_piece


@shared
def attention_forward_share(share, shares, of_rows, norm, weights, biased, grouped, sizes,
                            workspace, attending, addresses):  # fmt: skip
    """y = x + MSA(LN(x)) for this share's rows; qkv is written where it is kept."""
    sizes, norm, grouped = Sizes(*sizes), Norm(*norm), Grouped(*grouped)
    own, D = own_space(share, shares, workspace, sizes, addresses), sizes.D
    attend, room_for_heads = attending
    (x, y, qkv, keeps_qkv), (w_qkv, b_qkv, w_out, b_out) = of_rows, weights
    x, y, qkv, w_qkv, w_out = all_of(x), all_of(y), all_of(qkv), all_of(w_qkv), all_of(w_out)
    (has_b_qkv, has_b_out), merged = biased, own.merged
    b_qkv, nothing = Matrix(b_qkv, ZERO, ZERO, ONE), nothing_else(workspace)
    mode_of_y = ADD_BIAS if has_b_out else NOTHING
    add_b_out = Ending(mode_of_y, b_out, workspace, workspace, 0, 0, workspace)
    begin, end = rows_of(share, shares, sizes, sizes.unit)
    for r in range(begin, end, sizes.down):
        down = min(sizes.down, end - r)
        x_here, qkv_here = moved(x, r, ZERO), moved(qkv, r, ZERO) if keeps_qkv else own.wide
        of_qkv, of_merged = qkv_from(qkv_here, r, grouped), heads_from(merged, r, grouped)
        # n = LN(x)
        call(own.normalise, (own.normed, x_here, r, down, norm, False))
        # qkv = n w_qkv + b_qkv
        product_with_weight(
            own, own.normed, w_qkv, b_qkv, has_b_qkv, qkv_here, (down, 3 * D, D), nothing
        )
        # merged = softmax(q k^T / sqrt(K)) v, head by head
        for group in range(r // grouped.rows, (r + down + grouped.rows - 1) // grouped.rows):
            call(attend, (group, of_qkv, of_merged, grouped, (share, shares, room_for_heads)))
        # y = x + merged w_out + b_out
        product_with_weight(
            own, merged, w_out, x_here, 1, moved(y, r, ZERO), (down, D, D), add_b_out
        )


@shared
def attention_backward_share(share, shares, of_rows, of_all, packing, norm, weights, sums, grouped,
                             sizes, workspace, attending, addresses):  # fmt: skip
    """dx for this share's pieces, and of each piece the sums that become dw_qkv, dw_out, db_qkv,
    db_out, dgamma and dbeta, in a row of `sums`.

    of_all: n, merged and dqkv of all rows, and the way (cut.py). Where they are written, a piece
    sums up dgamma and dbeta alone; where they are packed, db_qkv and db_out, too, which come first
    in its row.
    packing: where the function for that lies, and where to, for dw_qkv and dw_out.
    """
    sizes, norm, grouped = Sizes(*sizes), Norm(*norm), Grouped(*grouped)
    own, D = own_space(share, shares, workspace, sizes, addresses), sizes.D
    attend, room_for_heads = attending
    (dy, dx, x, qkv), (w_qkv_t, w_out_t) = of_rows, weights
    dy, dx, x, qkv = all_of(dy), all_of(dx), all_of(x), all_of(qkv)
    w_qkv_t, w_out_t, nothing = all_of(w_qkv_t), all_of(w_out_t), nothing_else(workspace)
    merged, dqkv, normed, dnormed = own.merged, own.dwide, own.normed, own.dnormed
    (all_normed, all_merged, all_dqkv, way), (pack, of_dw_qkv, of_dw_out) = of_all, packing
    all_normed, all_merged, all_dqkv = all_of(all_normed), all_of(all_merged), all_of(all_dqkv)
    begin, end = rows_of(share, shares, sizes, sizes.piece)
    for r0 in range(begin, end, sizes.piece):
        after, row = min(r0 + sizes.piece, end), sums[r0 // sizes.piece]
        of_piece = sums_of_piece(row, D, 3 * D, D, workspace)
        dw_qkv, dw_out, to_db_qkv, to_db_out, of_norm = of_piece
        for r in range(r0, after, sizes.down):
            down = min(sizes.down, after - r)
            # A piece's first rows begin its sums; later rows add to what is there (2).
            going_on, add_up = (2, 2) if r > r0 else (0, 1)
            x_here, dy_here, dx_here = moved(x, r, ZERO), moved(dy, r, ZERO), moved(dx, r, ZERO)
            if way == WRITTEN:
                normed, merged = moved(all_normed, r, ZERO), moved(all_merged, r, ZERO)
                dqkv = moved(all_dqkv, r, ZERO)
            of_qkv, of_dqkv = qkv_from(moved(qkv, r, ZERO), r, grouped), qkv_from(dqkv, r, grouped)
            of_merged = heads_from(merged, r, grouped)
            # n = LN(x), again
            call(own.normalise, (normed, x_here, r, down, norm, True))
            # dmerged = dy w_out^T, in the place of merged
            product_with_weight(own, dy_here, w_out_t, merged, 0, merged, (down, D, D), nothing)
            # dqkv, head by head; merged is made again and takes its place
            for group in range(r // grouped.rows, (r + down + grouped.rows - 1) // grouped.rows):
                call(
                    attend,
                    (group, of_qkv, of_merged, of_dqkv, grouped, (share, shares, room_for_heads)),
                )
            # dn = dqkv w_qkv^T
            product_with_weight(own, dqkv, w_qkv_t, dnormed, 0, dnormed, (down, D, 3 * D), nothing)
            if way == PACKED:
                k = packed_rows(r, sizes)
                # for dw_out = merged^T dy; db_out += dy
                call(pack, (merged, dy_here, (down, D, D), k, of_dw_out, row, 3 * D, r > r0))
                # for dw_qkv = n^T dqkv; db_qkv += dqkv
                call(pack, (normed, dqkv, (down, D, 3 * D), k, of_dw_qkv, row, ZERO, r > r0))
            elif way == ADDED_UP:
                # dw_out += merged^T dy, db_out += dy
                product(own, transposed(merged), dy_here, dw_out, going_on, dw_out, (D, D, down),
                        to_db_out, add_up)  # fmt: skip
                # dw_qkv += n^T dqkv, db_qkv += dqkv
                product(own, transposed(normed), dqkv, dw_qkv, going_on, dw_qkv, (D, 3 * D, down),
                        to_db_qkv, add_up)  # fmt: skip
            # dx = dy + LN's dx of dn; dgamma, dbeta +=
            of_norms = (dx_here, dnormed, x_here), dy_here, True, r, down, of_norm, norm
            call(own.normalise_backward, of_norms)


@jit(counts=False)
def qkv_from(qkv, r, grouped):
    """q, k and v of all rows, of which the matrix holds those from row r on."""
    first, numbers, K = qkv.first - r * qkv.row, qkv.numbers, grouped.K
    D, image = grouped.heads * K, grouped.tokens * qkv.row
    return ThreeHeads(numbers, numbers, numbers, first, first + D, first + 2 * D, image, K, qkv.row)


@jit(counts=False)
def heads_from(merged, r, grouped):
    """The heads of all rows, of which the matrix holds those from row r on."""
    first, image = merged.first - r * merged.row, grouped.tokens * merged.row
    return Heads(merged.numbers, first, image, grouped.K, merged.row)
