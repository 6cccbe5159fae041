"""The gradient of a row's vector is summed down the rows, or a column's across the columns.

Spoils: drows, dcolumns
Cause: positions-2d-summed-along-the-wrong-axis
"""


def positions_2d_backward(dy, cache):
    (h, w), has_cls = cache[:2]
    total = dy.sum(axis=0)
    dcls = total[0].copy() if has_cls else None
    maps = total[int(has_cls) :].reshape(h, w, -1)
    half = maps.shape[2] // 2
    drows = maps[:, :, :half].sum(axis=0)
    dcolumns = maps[:, :, half:].sum(axis=1)
    return dy.copy(), drows, dcolumns, dcls
