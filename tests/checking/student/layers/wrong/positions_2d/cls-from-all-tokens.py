"""The gradient of the cls token's vector is collected from all tokens; a lone backward.

Spoils: dcls
Cause: positions-2d-cls-from-all-tokens
"""


def positions_2d_backward(dy, cache):
    (h, w), has_cls = cache[:2]
    total = dy.sum(axis=0)
    dcls = total.sum(axis=0) if has_cls else None
    maps = total[int(has_cls) :].reshape(h, w, -1)
    half = maps.shape[2] // 2
    drows = maps[:, :, :half].sum(axis=1)
    dcolumns = maps[:, :, half:].sum(axis=0)
    return dy.copy(), drows, dcolumns, dcls
