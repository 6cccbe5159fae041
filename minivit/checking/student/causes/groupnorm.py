"""Mistakes in GroupNorm."""

from minivit.checking.student.causes import other_norms as norms
from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.causes.groupnorm_gradients import GRADIENTS, GROUP, split
from minivit.checking.student.causes.other_norms import Y


def over_channels_in_turn(at):
    B, places, groups, channels = split(at)
    return norms.over(at, (B, places, channels, groups), (1, 2))


def divided(at, divisor):
    return norms.divided(at, split(at), GROUP, divisor)


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
CAUSES = {"groupnorm": [*FORWARD, *GRADIENTS]}
