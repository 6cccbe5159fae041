"""Mistakes in the backward of GroupNorm."""

from minivit.checking.student.causes import other_norms as norms
from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.causes.other_norms import DX, PARAMETERS
from minivit.ops.groupnorm import in_groups

GROUP = 1, 3  # the axes of (B, places, groups, channels of a group) that are normalised


def split(at, groups=None):
    """x as (B, places, groups, channels of a group)."""
    return in_groups(at.x, groups or at.groups).shape


def dx(at, axes=GROUP, **other):
    x_hat, rstd, _ = at.cache
    found = norms.dx_of(at, x_hat.reshape(split(at)), rstd[:, None, :, None], axes, **other)
    return {"dx": found}


def count(at):
    _, places, _, channels = split(at)
    return places * channels


def averaged(at):
    return {name: at.right[name] * at.x.shape[-1] / at.x.size for name in ("dgamma", "dbeta")}


GRADIENTS = [
    Cause(
        "groupnorm-mean-correction-forgotten",
        "dx lacks the part that comes through the mean: x also moves the mean of its group",
        "In how many places does x stand in the formula of x_hat? Each adds a term to dx.",
        DX,
        lambda at: dx(at, of_mean=0),
    ),
    Cause(
        "groupnorm-variance-correction-forgotten",
        "dx lacks the part that comes through the variance: x also moves the spread of its group",
        "In how many places does x stand in the formula of x_hat? Each adds a term to dx.",
        DX,
        lambda at: dx(at, of_var=0),
    ),
    Cause(
        "groupnorm-statistics-taken-as-constants",
        "dx is rstd g alone, as if mean and variance did not move with x",
        "In how many places does x stand in the formula of x_hat? Each adds a term to dx.",
        DX,
        lambda at: dx(at, of_mean=0, of_var=0),
    ),
    Cause(
        "groupnorm-sum-for-mean",
        "the two corrections are sums over the group where they should be means",
        "The mean is a sum over n: where did that n go in the derivative?",
        DX,
        lambda at: dx(at, of_mean=count(at), of_var=count(at)),
    ),
    Cause(
        "groupnorm-gamma-left-out-of-dx",
        "gamma is left out of dx",
        "What lies between x_hat and y? What is then d loss / d x_hat?",
        DX,
        lambda at: dx(at, g=at.dy),
    ),
    Cause(
        "groupnorm-corrections-of-each-place",
        "the means in dx are taken over the channels of one place, not over the whole group",
        "Over which axes did the forward take its mean?",
        DX,
        lambda at: dx(at, axes=(3,)),
    ),
    Cause(
        "groupnorm-corrections-of-each-channel",
        "the means in dx are taken over the places of one channel, not over the whole group",
        "Over which axes did the forward take its mean?",
        DX,
        lambda at: dx(at, axes=(1,)),
    ),
    Cause(
        "groupnorm-gamma-gradient-from-x",
        "dgamma is made with x instead of x_hat",
        "What is gamma multiplied with?",
        PARAMETERS,
        lambda at: {"dgamma": norms.summed(at.dy * at.x)},
    ),
    Cause(
        "groupnorm-parameters-averaged",
        "the gradients of gamma and beta are means over images and places instead of sums",
        "At how many places does one number of gamma act?",
        PARAMETERS,
        averaged,
    ),
]
