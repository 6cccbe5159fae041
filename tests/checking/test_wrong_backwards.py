"""The tester, tested: backwards with one slip each. Every one must be rejected, to the last row,
and the right backwards must be accepted on the same inputs.
"""

import math

import numpy as np
import pytest

from minivit import ops
from minivit.checking import gradcheck
from minivit.checking.calls import OPS, every_call
from minivit.checking.sizes import Sizes
from minivit.checking.twins import both_ways
from minivit.ops.masking import MASK
from minivit.ops.multihead_attention import join_heads, split_one
from minivit.ops.patchify import patch_grid
from minivit.ops.relative import offset_rows
from minivit.ops.softmax import SoftmaxCache

# Weights are square wherever they can be, so that a transposed gradient has the right shape.
SIZES = Sizes(B=2, T=3, H=2, K=2, M=4, C=4, P=2, grid=(2, 2), channels=1)
CALLS = every_call(SIZES)

WRONG = []


def wrong(name, *tensors):
    """Put a backward into the table: wrong in the gradients of `tensors`, or against the law if
    none is named. `name` is that of a call, such as "head" or "head: mean"."""

    def into_table(backward):
        WRONG.append(pytest.param(name, backward, tensors, id=f"{name}-{backward.__name__}"))
        return backward

    return into_table


# --- patchify and linear


@wrong("patchify", "images")
def axes_of_patch_swapped(dy, cache):
    B, height, width, channels = cache.image_shape
    cut = dy.reshape(B, height // 2, width // 2, 2, 2, channels)
    return cut.transpose(0, 1, 4, 2, 3, 5).reshape(cache.image_shape).copy()


@wrong("patchify", "images")
def a_view_of_dy(dy, cache):
    return dy.reshape(cache.image_shape)


@wrong("patchify: overlapping patches", "images")
def the_last_patch_wins(dy, cache):
    """Instead of the sum of all that hold a pixel."""
    (P, Q), (down, across), dimages = cache.patch, cache.stride, np.zeros(cache.image_shape)
    rows, columns = patch_grid(cache.image_shape[1:3], cache.patch, cache.stride)
    cut = dy.reshape(len(dy), rows, columns, P, Q, -1)
    for row, column in np.ndindex(rows, columns):
        top, left = row * down, column * across
        dimages[:, top : top + P, left : left + Q] = cut[:, row, column]
    return dimages


@wrong("linear", "w")
def dw_transposed(dy, cache):
    dx, dw, db = ops.linear_backward(dy, cache)
    return dx, dw.T.copy(), db


@wrong("linear", "x")
def w_not_transposed(dy, cache):
    _, dw, db = ops.linear_backward(dy, cache)
    return dy @ cache.w, dw, db


@wrong("linear", "b")
def db_averaged(dy, cache):
    dx, dw, _ = ops.linear_backward(dy, cache)
    return dx, dw, dy.mean(axis=(0, 1))


@wrong("linear", "b")
def db_not_summed(dy, cache):
    dx, dw, _ = ops.linear_backward(dy, cache)
    return dx, dw, dy


@wrong("linear", "b")
def db_of_the_first_image(dy, cache):
    dx, dw, _ = ops.linear_backward(dy, cache)
    return dx, dw, dy[0].sum(axis=0)


@wrong("linear", "w")
def dw_one_percent_off(dy, cache):
    dx, dw, db = ops.linear_backward(dy, cache)
    return dx, 1.01 * dw, db


@wrong("linear", "x")
def wrong_sign(dy, cache):
    dx, dw, db = ops.linear_backward(dy, cache)
    return -dx, dw, db


@wrong("linear", "w", "b")
def in_another_order(dy, cache):
    dx, dw, db = ops.linear_backward(dy, cache)
    return dx, db, dw


@wrong("linear")
def one_gradient_too_few(dy, cache):
    return ops.linear_backward(dy, cache)[:2]


@wrong("linear")
def a_list(dy, cache):
    return list(ops.linear_backward(dy, cache))


@wrong("linear", "b")
def db_is_none(dy, cache):
    dx, dw, _ = ops.linear_backward(dy, cache)
    return dx, dw, None


@wrong("linear", "x")
def another_dtype(dy, cache):
    dx, dw, db = ops.linear_backward(dy, cache)
    return dx.astype(np.float32), dw, db


@wrong("linear", "x")
def with_nan(dy, cache):
    dx, dw, db = ops.linear_backward(dy, cache)
    dx[0, 0, 0] = np.nan
    return dx, dw, db


@wrong("linear")
def writes_into_dy(dy, cache):
    gradients = ops.linear_backward(dy, cache)
    dy *= 2
    return gradients


@wrong("linear")
def writes_into_an_input(dy, cache):
    gradients = ops.linear_backward(dy, cache)
    cache.w[0] += 1
    return gradients


@wrong("linear")
def adds_up_over_calls(dy, cache, sums={}):  # noqa: B006  (that is the slip)
    dx, dw, db = ops.linear_backward(dy, cache)
    sums[id(cache)] = sums.get(id(cache), 0) + db
    return dx, dw, sums[id(cache)] + 0


# --- convolution


@wrong("convolution", "x")
def the_window_not_turned_around(dy, cache):
    """dx as a convolution of dy with the same window."""
    _, dw, db = ops.convolution_backward(dy, cache)
    return ops.convolution_forward(dy, cache.w.swapaxes(2, 3))[0], dw, db


@wrong("convolution: stride 2", "x", "w")
def zeros_shared_out_evenly(dy, cache):
    """Both sides as PyTorch pads: the first row before the map, where XLA has none."""
    at = cache.at._replace(before=(1, 1), after=(0, 0))
    return ops.convolution_backward(dy, cache._replace(at=at))


@wrong("convolution", "w")
def dw_of_the_middle_alone(dy, cache):
    dx, dw, db = ops.convolution_backward(dy, cache)
    dw[0] = 0
    return dx, dw, db


# --- the other ops of a ResNet


@wrong("depthwise_convolution", "x")
def a_depthwise_window_not_turned_around(dy, cache):
    _, dw, db = ops.depthwise_convolution_backward(dy, cache)
    return ops.depthwise_convolution_forward(dy, cache.w)[0], dw, db


@wrong("max_pool", "x")
def the_last_window_wins(dy, cache):
    """Where windows overlap, a number gets the gradient of one instead of their sum."""
    at, dx = cache.at, np.zeros(cache.maps_shape)
    for b, i, j, c in np.ndindex(dy.shape):
        r, s = divmod(cache.place[b, i, j, c], at.side[1])
        dx[b, i * at.stride[0] + r, j * at.stride[1] + s, c] = dy[b, i, j, c]
    return dx


@wrong("weight_standardisation", "w")
def std_taken_as_fixed(dy, cache):
    return (dy - dy.mean(axis=(0, 1, 2))) / cache.std


@wrong("weight_standardisation: floor", "w")
def floor_taken_into_the_root(dy, cache):
    return ops.weight_standardisation_backward(
        dy, cache._replace(std=cache.std + cache.floor, floor=0.0)
    )


@wrong("groupnorm", "x")
def means_over_channels_alone(dy, cache):
    _, dgamma, dbeta = ops.groupnorm_backward(dy, cache)
    rstd = cache.rstd.repeat(cache.gamma.size // cache.rstd.shape[1], axis=1)[:, None, None]
    g, places = dy * cache.gamma, (1, 2)
    along = cache.x_hat * (g * cache.x_hat).mean(axis=places, keepdims=True)
    return rstd * (g - g.mean(axis=places, keepdims=True) - along), dgamma, dbeta


@wrong("batchnorm", "x")
def the_batch_taken_as_fixed(dy, cache):
    return ops.batchnorm_backward(dy, cache._replace(training=False))


@wrong("batchnorm: after training", "x")
def running_statistics_that_move_with_x(dy, cache):
    return ops.batchnorm_backward(dy, cache._replace(training=True))


@wrong("relu", "x")
def slope_below_zero(dy, cache):
    return np.where(cache.y > 0, dy, 0.01 * dy)


# --- embed


@wrong("embed", "cls")
def cls_of_the_first_image(dy, cache):
    dpatches, dw, db, _, dpositions = ops.embed_backward(dy, cache)
    return dpatches, dw, db, dy[0, 0].copy(), dpositions


@wrong("embed", "positions")
def positions_averaged(dy, cache):
    *others, dpositions = ops.embed_backward(dy, cache)
    return (*others, dpositions / len(dy))


@wrong("embed", "b")
def bias_takes_the_cls_token_too(dy, cache):
    dpatches, dw, _, dcls, dpositions = ops.embed_backward(dy, cache)
    return dpatches, dw, dy.sum(axis=(0, 1)), dcls, dpositions


@wrong("embed", "w")
def tokens_off_by_one(dy, cache):
    dpatches, _, db, dcls, dpositions = ops.embed_backward(dy, cache)
    _, dw, _ = ops.linear_backward(dy[:, :-1], cache.linear)
    return dpatches, dw, db, dcls, dpositions


@wrong("embed: tokens already", "patches")
def cls_handed_on_with_the_tokens(dy, cache):
    _, dw, db, dcls, dpositions = ops.embed_backward(dy, cache)
    return dy[:, :-1].copy(), dw, db, dcls, dpositions


# --- layernorm


def layernorm_terms(dy, cache):
    x_hat, rstd, gamma = cache
    g = dy * gamma
    mean = g.mean(axis=-1, keepdims=True)
    along = x_hat * (g * x_hat).mean(axis=-1, keepdims=True)
    return rstd, g, mean, along, ops.layernorm_backward(dy, cache)[1:]


@wrong("layernorm", "x")
def without_mean(dy, cache):
    rstd, g, _, along, others = layernorm_terms(dy, cache)
    return rstd * (g - along), *others


@wrong("layernorm", "x")
def without_variance(dy, cache):
    rstd, g, mean, _, others = layernorm_terms(dy, cache)
    return rstd * (g - mean), *others


@wrong("layernorm", "x")
def statistics_taken_as_constants(dy, cache):
    rstd, g, _, _, others = layernorm_terms(dy, cache)
    return rstd * g, *others


@wrong("layernorm", "x")
def without_rstd(dy, cache):
    _, g, mean, along, others = layernorm_terms(dy, cache)
    return g - mean - along, *others


@wrong("layernorm", "x")
def bessel_corrected(dy, cache):
    rstd, g, mean, along, others = layernorm_terms(dy, cache)
    return rstd * (g - mean - along * 4 / 3), *others


@wrong("layernorm", "x")
def gamma_after_the_means(dy, cache):
    x_hat, rstd, gamma = cache
    dx, dgamma, dbeta = ops.layernorm_backward(dy, cache._replace(gamma=np.ones_like(gamma)))
    return dx * gamma, dgamma, dbeta


@wrong("layernorm", "gamma")
def dgamma_of_y(dy, cache):
    dx, _, dbeta = ops.layernorm_backward(dy, cache)
    return dx, (dy * cache.x_hat * cache.gamma).sum(axis=(0, 1)), dbeta


@wrong("layernorm", "gamma", "beta")
def gamma_and_beta_swapped(dy, cache):
    dx, dgamma, dbeta = ops.layernorm_backward(dy, cache)
    return dx, dbeta, dgamma


# --- softmax and attention


@wrong("softmax", "x")
def without_row_term(dy, cache):
    return cache.probs * dy


@wrong("softmax", "x")
def diagonal_only(dy, cache):
    return dy * cache.probs * (1 - cache.probs)


@wrong("softmax", "x")
def row_term_over_the_wrong_axis(dy, cache):
    return cache.probs * (dy - (dy * cache.probs).sum(axis=0))


@wrong("softmax", "x")
def row_mean_for_row_sum(dy, cache):
    return cache.probs * (dy - (dy * cache.probs).mean(axis=-1, keepdims=True))


@wrong("softmax")
def spoils_its_cache(dy, cache):
    dx = ops.softmax_backward(dy, cache)
    cache.probs[:] *= dy
    return dx


@wrong("attention", "q", "k")
def q_and_k_swapped(dy, cache):
    dq, dk, dv, doffsets = ops.attention_backward(dy, cache)
    return dk, dq, dv, doffsets


@wrong("attention", "q", "k")
def scale_forgotten(dy, cache):
    dq, dk, *others = ops.attention_backward(dy, cache)
    root = math.sqrt(cache.q.shape[-1])
    return dq * root, dk * root, *others


@wrong("attention", "q", "k")
def scale_without_root(dy, cache):
    dq, dk, *others = ops.attention_backward(dy, cache)
    root = math.sqrt(cache.q.shape[-1])
    return dq / root, dk / root, *others


@wrong("attention", "v")
def probs_not_transposed(dy, cache):
    dq, dk, _, doffsets = ops.attention_backward(dy, cache)
    return dq, dk, cache.probs @ dy, doffsets


@wrong("attention", "q", "k")
def softmax_without_row_term(dy, cache):
    _, _, dv, doffsets = ops.attention_backward(dy, cache)
    dscores = cache.probs * (dy @ np.swapaxes(cache.v, -1, -2)) / math.sqrt(cache.q.shape[-1])
    return dscores @ cache.k, np.swapaxes(dscores, -1, -2) @ cache.q, dv, doffsets


@wrong("multihead_attention", "x")
def skip_connection_added(dy, cache):
    dx, *others = ops.multihead_attention_backward(dy, cache)
    return (dx + dy, *others)


@wrong("multihead_attention", "w_qkv")
def q_and_k_swapped_in_w_qkv(dy, cache):
    dx, dw, *others = ops.multihead_attention_backward(dy, cache)
    q, k, v = np.split(dw, 3, axis=1)
    return (dx, np.concatenate([k, q, v], axis=1), *others)


@wrong("multihead_attention", "w_qkv")
def heads_in_another_order(dy, cache):
    dx, dw, *others = ops.multihead_attention_backward(dy, cache)
    return (dx, dw.reshape(4, 3, 2, 2).swapaxes(2, 3).reshape(4, 12), *others)


@wrong("multihead_attention", "b_qkv")
def key_bias_gets_a_gradient(dy, cache):
    dx, dw, db, *others = ops.multihead_attention_backward(dy, cache)
    db[4:8] += 0.01
    return (dx, dw, db, *others)


@wrong("attention: top k", "q", "k")
def keys_left_out_get_a_gradient(dy, cache):
    """As if the softmax had gone over all of them."""
    _, everything = ops.attention_forward(cache.q, cache.k, cache.v)
    dq, dk, _, _ = ops.attention_backward(dy, everything)
    return dq, dk, *ops.attention_backward(dy, cache)[2:]


@wrong("attention: window", "q", "k")
def keys_outside_of_the_window_get_a_gradient(dy, cache):
    """As if everything were seen."""
    _, everything = ops.attention_forward(cache.q, cache.k, cache.v)
    dq, dk, _, _ = ops.attention_backward(dy, everything)
    return dq, dk, *ops.attention_backward(dy, cache)[2:]


@wrong("attention: relative", "q")
def offsets_taken_as_constants_in_q(dy, cache):
    _, *others = ops.attention_backward(dy, cache)
    dq, *_ = ops.attention_backward(dy, cache._replace(offsets=None))
    return dq, *others


@wrong("attention: relative", "offsets")
def key_and_query_swapped_in_offsets(dy, cache):
    """p_j - p_i for p_i - p_j."""
    *others, doffsets = ops.attention_backward(dy, cache)
    turned = doffsets.copy()
    turned[:, :-3] = doffsets[:, -4::-1]
    return *others, turned


@wrong("attention: relative", "offsets")
def offsets_that_meet_twice_are_not_added_up(dy, cache):
    *others, doffsets = ops.attention_backward(dy, cache)
    _, H, T, K = cache.q.shape
    dscores = ops.softmax_backward(dy @ cache.v.swapaxes(-1, -2), SoftmaxCache(cache.probs))
    lost = np.zeros_like(doffsets)
    for b, i, j in np.ndindex(len(dy), T, T):  # the last image, query and key overwrites
        lost[:, offset_rows(T, 2 * T)[i, j]] = dscores[b, :, i, j, None] * cache.q[b, :, i]
    return *others, lost / math.sqrt(K)


@wrong("attention: dropout", "v")
def values_gathered_by_all_probabilities(dy, cache):
    dq, dk, _, none = ops.attention_backward(dy, cache)
    return dq, dk, ops.attention_backward(dy, cache._replace(kept=None))[2], none


@wrong("attention: dropout", "q", "k")
def dropped_before_the_softmax(dy, cache):
    """As if the probabilities after dropout were those of the softmax."""
    probs = ops.dropout_backward(cache.probs, cache.kept)
    dq, dk, *_ = ops.attention_backward(dy, cache._replace(probs=probs))
    return dq, dk, *ops.attention_backward(dy, cache)[2:]


# --- branches


@wrong("multihead_attention: no output projection", "x")
def dx_of_the_values_alone(dy, cache):
    dx, dw, db, *others = ops.multihead_attention_backward(dy, cache)
    H = cache.attention.q.shape[1]
    dv = np.swapaxes(cache.attention.probs, -1, -2) @ split_one(dy, H)
    dqkv = join_heads(np.zeros_like(dv), np.zeros_like(dv), dv)
    return (ops.linear_backward(dqkv, cache.qkv)[0], dw, db, *others)


@wrong("multihead_attention: wide heads", "x", "w_qkv", "b_qkv")
def scaled_by_a_tokens_width(dy, cache):
    """dq and dk with 1 / sqrt(D / H), as if a head were not wider."""
    H, K = cache.attention.q.shape[1], cache.attention.q.shape[3]
    dmerged, *of_out = ops.linear_backward(dy, cache.out)
    dq, dk, dv, none = ops.attention_backward(split_one(dmerged, H), cache.attention)
    factor = math.sqrt(K / (dy.shape[2] / H))
    dqkv = join_heads(factor * dq, factor * dk, dv)
    return (*ops.linear_backward(dqkv, cache.qkv), *of_out, none)


@wrong("attention_branch", "x")
def skip_connection_forgotten(dy, cache):
    dx, *others = ops.attention_branch_backward(dy, cache)
    return (dx - dy, *others)


@wrong("mlp_branch", "x")
def skip_connection_counted_twice(dy, cache):
    dx, *others = ops.mlp_branch_backward(dy, cache)
    return (dx + dy, *others)


@wrong("mlp_branch", "x")
def only_the_skip_connection(dy, cache):
    _, *others = ops.mlp_branch_backward(dy, cache)
    return (dy.copy(), *others)


@wrong("attention_branch", "gamma", "beta")
def norms_parameters_swapped(dy, cache):
    dx, dgamma, dbeta, *others = ops.attention_branch_backward(dy, cache)
    return (dx, dbeta, dgamma, *others)


def with_left(cache, **changes):
    """The cache of a branch, as if it had left out something else."""
    return cache._replace(left=cache.left._replace(**changes))


@wrong("mlp_branch: stochastic depth", "x", "gamma", "beta", "w1", "b1", "w2", "b2")
def dropped_images_go_through(dy, cache):
    return ops.mlp_branch_backward(dy, with_left(cache, images=None))


@wrong("mlp_branch: dropout of what is added", "x", "gamma", "beta", "w1", "b1", "w2", "b2")
def values_dropped_of_the_result_go_through(dy, cache):
    return ops.mlp_branch_backward(dy, with_left(cache, values=None))


@wrong("attention_branch: dropout of what is added", "x")
def the_skip_connection_is_dropped_too(dy, cache):
    dx, *others = ops.attention_branch_backward(dy, cache)
    return (dx - dy + ops.dropout_backward(dy, cache.left.values), *others)


@wrong("mlp_branch: everything dropped", "x", "gamma", "beta", "w1", "b1", "w2", "b2")
def one_mask_for_both_maps(dy, cache):
    return ops.mlp_branch_backward(dy, with_left(cache, values=cache.mlp.kept))


@wrong("mlp: dropout", "w2")
def hidden_values_made_again_without_dropout(dy, cache):
    dx, dw1, db1, _, db2 = ops.mlp_backward(dy, cache)
    return dx, dw1, db1, ops.mlp_backward(dy, cache._replace(kept=None))[3], db2


@wrong("mlp: dropout", "x", "w1", "b1")
def hidden_gradients_are_not_dropped(dy, cache):
    *others, dw2, db2 = ops.mlp_backward(dy, cache._replace(kept=None))
    return (*others, ops.mlp_backward(dy, cache)[3], db2)


@wrong("dropout", "x")
def another_mask_than_the_forward(dy, cache):
    drop = cache.drop._replace(seed=cache.drop.seed + 1)
    return ops.dropout_backward(dy, cache._replace(drop=drop))


def wrong_ways_to_leave_out(name, backward):
    @wrong(name, "x")
    def what_is_kept_is_not_scaled(dy, cache):
        return dy * (backward(dy, cache) != 0)

    @wrong(f"{name}: second part of a batch", "x")
    def drawn_as_for_the_first_part(dy, cache):
        return backward(dy, cache._replace(drop=cache.drop._replace(first_image=0)))


wrong_ways_to_leave_out("dropout", ops.dropout_backward)
wrong_ways_to_leave_out("stochastic_depth", ops.stochastic_depth_backward)


# --- positions


@wrong("positions", "table")
def table_averaged(dy, cache):
    dx, dtable = ops.positions_backward(dy, cache)
    return dx, dtable / len(dy)


@wrong("positions", "x")
def dx_is_dy(dy, cache):
    return dy, dy.sum(axis=0)


@wrong("positions_2d", "rows", "columns")
def halves_swapped(dy, cache):
    dx, _, _, dcls = ops.positions_2d_backward(dy, cache)
    halves = dy[:, 1:].sum(axis=0).reshape(*cache.grid, 2, -1)
    return dx, halves[:, :, 1].sum(axis=1), halves[:, :, 0].sum(axis=0), dcls


@wrong("positions_2d", "cls")
def cls_gets_the_last_patch(dy, cache):
    dx, drows, dcolumns, _ = ops.positions_2d_backward(dy, cache)
    return dx, drows, dcolumns, dy[:, -1].sum(axis=0)


@wrong("sincos_positions", "x")
def the_first_wave_multiplied(dy, cache):
    """As if y had been x sin(t): the cls token, t = 0, gets nothing."""
    return dy * np.sin(np.arange(dy.shape[1]))[:, None]


@wrong("sincos_positions: 2-D", "x")
def what_goes_through_is_not_copied(dy, cache):
    return dy


# --- gelu and mlp


@wrong("gelu", "x")
def derivative_of_the_other_form(dy, cache):
    return ops.gelu_backward(dy, ops.gelu_forward(cache.x, form="tanh")[1])


@wrong("gelu: tanh", "x")
def derivative_of_the_exact_form(dy, cache):
    return ops.gelu_backward(dy, ops.gelu_forward(cache.x, form="erf")[1])


@wrong("gelu", "x")
def without_product_rule(dy, cache):
    return dy * cdf(cache.x)


@wrong("gelu", "x")
def density_not_normalised(dy, cache):
    return dy * (cdf(cache.x) + cache.x * np.exp(-0.5 * cache.x**2))


@wrong("mlp", "x", "w1", "b1")
def gelu_taken_as_linear(dy, cache):
    _, _, _, *others = ops.mlp_backward(dy, cache)
    return (*ops.linear_backward(dy @ cache.w2.T, cache.hidden), *others)


@wrong("mlp", "w1", "w2")
def weights_swapped(dy, cache):
    dx, dw1, db1, dw2, *others = ops.mlp_backward(dy, cache)
    return (dx, dw2, db1, dw1, *others)


@wrong("mlp", "b1", "b2")
def biases_swapped(dy, cache):
    dx, dw1, db1, dw2, db2, *others = ops.mlp_backward(dy, cache)
    return (dx, dw1, db2, dw2, db1, *others)


# --- pooling, pre-logits, head and cross-entropy


@wrong("pool", "x")
def weights_taken_as_constants(dy, cache):
    _, dw, db = ops.pool_backward(dy, cache)
    return cache.softmax.probs[:, :, None] * dy[:, None], dw, db


@wrong("pool", "w")
def weights_of_the_first_image(dy, cache):
    dx, _, db = ops.pool_backward(dy, cache)
    x, probs = cache.linear.x[:1], cache.softmax.probs[:1]
    dscores = ops.softmax_backward(
        (x @ dy[:1, :, None])[:, :, 0], cache.softmax._replace(probs=probs)
    )
    return dx, np.einsum("btd,bt->d", x, dscores)[:, None], db


@wrong("pool", "b")
def bias_gets_a_gradient(dy, cache):
    dx, dw, db = ops.pool_backward(dy, cache)
    return dx, dw, db + 0.01


@wrong("pool: mean of the patches", "x")
def the_cls_token_takes_part_in_the_mean(dy, cache):
    return ops.pool_backward(dy, cache._replace(has_cls=False))


@wrong("pool: flatten", "x")
def columns_before_tokens(dy, cache):
    B, T, D = cache.tokens_shape
    return dy.reshape(B, D, T).swapaxes(1, 2).copy(), None, None


@wrong("pre_logits", "x", "w", "b")
def slope_of_y_instead_of_its_square(dy, cache):
    return ops.linear_backward(dy * (1 - cache.y), cache.linear)


@wrong("head: mean", "x")
def mean_without_one_over_t(dy, cache):
    dx, dw, db = ops.head_backward(dy, cache)
    return dx * cache.pool.tokens_shape[1], dw, db


@wrong("head: mean", "x")
def mean_pool_gives_to_cls_only(dy, cache):
    return ops.head_backward(dy, cache._replace(pool=cache.pool._replace(pool="cls")))


@wrong("head", "x")
def cls_pool_gives_to_all(dy, cache):
    return ops.head_backward(dy, cache._replace(pool=cache.pool._replace(pool="mean")))


@wrong("cross_entropy", "logits")
def without_one_over_b(dloss, cache):
    return ops.cross_entropy_backward(dloss, cache) * len(cache.probs)


@wrong("cross_entropy", "logits")
def without_targets(dloss, cache):
    return cache.probs * dloss / len(cache.probs)


@wrong("cross_entropy", "logits")
def upstream_ignored(dloss, cache):
    return (cache.probs - cache.targets) / len(cache.probs)


@wrong("cross_entropy: smoothing", "logits")
def smoothing_ignored(dloss, cache):
    hard = (cache.targets == cache.targets.max(axis=1, keepdims=True)).astype(float)
    return (cache.probs - hard) * dloss / len(cache.probs)


# --- picking tokens and the loss of pixels


@wrong("pick_tokens", "x")
def a_corrupted_patch_keeps_its_own_gradient(dy, cache):
    """Where another patch stands, the gradient goes to the one whose place it is."""
    own = np.broadcast_to(np.arange(cache.sources.shape[1]), cache.sources.shape)
    kept = np.where(cache.sources == MASK, MASK, own)
    return ops.pick_tokens_backward(dy, cache._replace(sources=kept))


@wrong("pick_tokens", "token")
def the_mask_token_of_the_first_image_alone(dy, cache):
    dx, _ = ops.pick_tokens_backward(dy, cache)
    return dx, dy[0][cache.sources[0] == MASK].sum(axis=0)


@wrong("pick_tokens: restored", "x")
def visible_patches_in_raster_order(dy, cache):
    """As if the first ones were the visible ones."""
    dx, dtoken = ops.pick_tokens_backward(dy, cache)
    return dy[:, : dx.shape[1]].copy(), dtoken


@wrong("mean_squared_error", "x")
def without_the_factor_two(dloss, cache):
    return ops.mean_squared_error_backward(dloss, cache) / 2


@wrong("mean_squared_error", "x")
def divided_by_images_alone(dloss, cache):
    return 2 * cache.difference * dloss / len(cache.difference)


@wrong("similarity", "x")
def what_points_along_x_is_kept(dlogits, cache):
    _, dy, dlog_scale = ops.similarity_backward(dlogits, cache)
    return cache.scale * dlogits @ cache.y_hat / cache.x_length, dy, dlog_scale


@wrong("similarity", "y")
def the_length_of_a_name_is_forgotten(dlogits, cache):
    dx, dy, dlog_scale = ops.similarity_backward(dlogits, cache)
    return dx, dy * cache.y_length, dlog_scale


@wrong("similarity", "log_scale")
def of_the_scale_and_not_of_its_logarithm(dlogits, cache):
    dx, dy, dlog_scale = ops.similarity_backward(dlogits, cache)
    return dx, dy, dlog_scale / cache.scale


def cdf(x):
    return 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def check(name, backward):
    call = CALLS[name]
    inputs = call.draw(np.random.default_rng(7))
    forward = getattr(ops, call.op + "_forward")
    return gradcheck(forward, backward, *inputs, options=call.options)


def right(name):
    return getattr(ops, CALLS[name].op + "_backward")


@pytest.mark.parametrize(("name", "backward", "tensors"), WRONG)
def test_rejected(name, backward, tensors):
    report = check(name, backward)
    assert not report.ok
    assert tuple(row.tensor for row in report.rows if row.verdict == "wrong") == tensors
    assert all(row.note for row in report.rows if row.verdict == "wrong"), "it says what is wrong"
    assert tensors or report.problems
    assert not report  # as `assert gradcheck(...)` would see it
    assert "wrong" in str(report)


@pytest.mark.parametrize("name", CALLS)
def test_the_right_one_is_accepted_on_the_same_inputs(name):
    assert check(name, right(name)).ok


def test_every_op_has_wrong_backwards():
    assert {CALLS[entry.values[0]].op for entry in WRONG} == set(OPS)
    assert len(WRONG) >= 50


@pytest.mark.parametrize("factor", [1.01, 0.99, 1.001])
@pytest.mark.parametrize("name", CALLS)
def test_each_gradient_of_each_op_a_little_off(name, factor):
    _, *gradients = both_ways(ops, CALLS[name], CALLS[name].draw(np.random.default_rng(7)))
    # Pooling's bias has a gradient of 0, and 1.01 times that is right.
    for position in [i for i, g in enumerate(gradients) if g is not None and g.any()]:

        def off(dy, cache, position=position):
            gradients = right(name)(dy, cache)
            if not isinstance(gradients, tuple):
                return gradients * factor
            return tuple(g * factor if i == position else g for i, g in enumerate(gradients))

        report = check(name, off)
        verdicts = [row.verdict == "wrong" for row in report.rows]
        assert verdicts == [i == position for i in range(len(report.rows))]
        assert f"{factor} times the right one" in report.rows[position].note


def test_a_gradient_of_ones_would_have_passed():
    """Why dy is random: with ones, the wrong softmax and the wrong LayerNorm look right."""
    (scores,) = CALLS["softmax"].draw(np.random.default_rng(7))
    _, cache = ops.softmax_forward(scores)
    assert np.abs(ops.softmax_backward(np.ones_like(scores), cache)).max() < 1e-15
    x, _, _ = CALLS["layernorm"].draw(np.random.default_rng(7))
    _, cache = ops.layernorm_forward(x, np.ones(SIZES.D), np.zeros(SIZES.D))
    assert np.abs(without_variance(np.ones_like(x), cache)[0]).max() < 1e-15
