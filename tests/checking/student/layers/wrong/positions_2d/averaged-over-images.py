"""The gradients of the vectors are means over the images instead of sums; a lone backward.

Spoils: drows, dcolumns, dcls
Cause: positions-2d-averaged-over-images
"""


def positions_2d_backward(dy, cache):
    (h, w), has_cls = cache[:2]
    total = dy.mean(axis=0)
    dcls = total[0].copy() if has_cls else None
    maps = total[int(has_cls) :].reshape(h, w, -1)
    half = maps.shape[2] // 2
    drows = maps[:, :, :half].sum(axis=1)
    dcolumns = maps[:, :, half:].sum(axis=0)
    return dy.copy(), drows, dcolumns, dcls
