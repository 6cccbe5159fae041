"""Mistakes in GroupNorm."""

from minivit.checking.student.causes import other_norms as norms
from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.causes.other_norms import DX, PARAMETERS, Y
from minivit.ops.groupnorm import in_groups

GROUP = 1, 3  # the axes of (B, places, groups, channels of a group) that are normalised


def split(at, groups=None):
    """x as (B, places, groups, channels of a group)."""
    return in_groups(at.x, groups or at.groups).shape


def over_channels_in_turn(at):
    B, places, groups, channels = split(at)
    return norms.over(at, (B, places, channels, groups), (1, 2))


def divided(at, divisor):
    return norms.divided(at, split(at), GROUP, divisor)


def dx(at, axes=GROUP, **other):
    x_hat, rstd, _ = at.cache
    found = norms.dx_of(at, x_hat.reshape(split(at)), rstd[:, None, :, None], axes, **other)
    return {"dx": found}


def count(at):
    _, places, _, channels = split(at)
    return places * channels


def averaged(at):
    return {name: at.right[name] * at.x.shape[-1] / at.x.size for name in ("dgamma", "dbeta")}


FORWARD = [
    Cause(
        "groupnorm-channels-in-turn",
        "every so many channels one belongs to a group, where neighbours should",
        "With 6 channels in 2 groups: which channels are in the first group?",
        Y,
        over_channels_in_turn,
    ),
    Cause(
        "groupnorm-each-place-alone",
        "mean and variance are those of one place, not of all places of the map",
        "Over how many numbers is one mean taken?",
        Y,
        lambda at: norms.over(at, split(at), (3,)),
    ),
    Cause(
        "groupnorm-each-channel-alone",
        "mean and variance are those of one channel, not of its group",
        "Over how many numbers is one mean taken?",
        Y,
        lambda at: norms.over(at, split(at), (1,)),
    ),
    Cause(
        "groupnorm-over-the-batch",
        "mean and variance are those of all images together",
        "Does y of one image change if another image changes?",
        Y,
        lambda at: norms.over(at, split(at), (0, 1, 3)),
    ),
    Cause(
        "groupnorm-over-all-channels",
        "mean and variance are those of all channels, as if there were one group",
        "How many means are there for one image?",
        Y,
        lambda at: norms.over(at, split(at), (1, 2, 3)),
    ),
    Cause(
        "groupnorm-size-for-number",
        "`groups` is taken for the number of channels in a group",
        "With 6 channels and groups=2: how many means has one image?",
        Y,
        lambda at: norms.over(at, split(at, at.x.shape[-1] // at.groups), GROUP),
    ),
    Cause(
        "groupnorm-bessel",
        "the variance is divided by n - 1 instead of n",
        "What is the number of values divided by? Compare the spread of a group of x_hat with 1.",
        Y,
        lambda at: norms.over(at, split(at), GROUP, bessel=True),
    ),
    Cause(
        "groupnorm-eps-outside-the-root",
        "eps is added to the standard deviation, not to the variance",
        "Try eps = 0.1 on a group of variance 1: what is it divided by?",
        Y,
        lambda at: divided(at, norms.eps_outside),
    ),
    Cause(
        "groupnorm-root-forgotten",
        "x - mean is divided by the variance: the root is missing",
        "Double x: what should happen to x_hat?",
        Y,
        lambda at: divided(at, norms.root_forgotten),
    ),
]
BACKWARD = [
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
CAUSES = {"groupnorm": [*FORWARD, *BACKWARD]}
