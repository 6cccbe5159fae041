"""Mistakes in LayerNorm's backward."""

from minivit.checking.student.causes.cause import Cause

DX = "dx = rstd (g - mean(g) - x_hat mean(g x_hat)),   g = dy gamma"
DGAMMA = "dgamma = sum over rows of dy x_hat,   dbeta = sum over rows of dy"
PLACES = "In how many places does x stand in the formula of x_hat? Each adds a term to dx."
FACTORS = "Derive d var / d x_i and d rstd / d var with pencil and paper: which factors come up?"


def mean(x, axis=-1):
    return x.mean(axis=axis, keepdims=True)


def over_rows(x):
    return x.sum(axis=tuple(range(x.ndim - 1)))


def centred(at):
    return at.cache.x_hat / at.cache.rstd


def input_gradient(at, g=None, by_mean=1, by_spread=1):
    """dx, where what comes through the mean or through the spread has another factor."""
    x_hat, rstd, gamma = at.cache
    g = at.dy * gamma if g is None else g
    return {"dx": rstd * (g - by_mean * mean(g) - by_spread * x_hat * mean(g * x_hat))}


def corrected_over(at, axes):
    """dx, where the two means run over other axes, told apart where x is (B, T, D)."""
    x_hat, rstd, gamma = at.cache
    g = at.dy * gamma
    if g.ndim != 3:
        return None
    return {"dx": rstd * (g - mean(g, axes) - x_hat * mean(g * x_hat, axes))}


def without_gamma_in_the_means(at):
    x_hat, rstd, gamma = at.cache
    return {"dx": rstd * (at.dy * gamma - mean(at.dy) - x_hat * mean(at.dy * x_hat))}


def along_x(at):
    x_hat, rstd, gamma = at.cache
    g = at.dy * gamma
    return {"dx": rstd * (g - mean(g) - at.x * mean(g * at.x))}


def times_rstd(at, power):
    return {"dx": at.right["dx"] * at.cache.rstd**power}


def divided_by_rows(at):
    rows = at.dy[..., 0].size
    return {name: at.right[name] / rows for name in ("dgamma", "dbeta")}


def dx_cause(name, sentence, hint, mistake):
    return Cause(f"layernorm-{name}", sentence, hint, DX, mistake)


GRADIENTS = [
    dx_cause("mean-correction-forgotten",
             "dx lacks the part that comes through the mean: x_i also moves the mean of its row",
             PLACES, lambda at: input_gradient(at, by_mean=0)),
    dx_cause("variance-correction-forgotten",
             "dx lacks the part that comes through the variance: x_i also moves its row's spread",
             PLACES, lambda at: input_gradient(at, by_spread=0)),
    dx_cause("statistics-taken-as-constants",
             "dx is g rstd: it lacks what comes through the mean, and through the variance",
             PLACES, lambda at: input_gradient(at, by_mean=0, by_spread=0)),
    dx_cause("sum-for-mean-along-x-hat",
             "in the part through the variance g x_hat is summed over the row, not averaged",
             "Which part of var is one (x_i - mean)^2? Look for a missing 1/D.",
             lambda at: input_gradient(at, by_spread=at.x.shape[-1])),
    dx_cause("sum-for-mean-of-g",
             "in the part through the mean g is summed over the row, not averaged",
             "How far does the mean move when one x_i moves by 1? Look for a missing 1/D.",
             lambda at: input_gradient(at, by_mean=at.x.shape[-1])),
    dx_cause("sums-for-means",
             "both corrections of dx are sums over the row, where they should be means",
             "How far does the mean move when one x_i moves by 1? Look for a missing 1/D, twice.",
             lambda at: input_gradient(at, by_mean=at.x.shape[-1], by_spread=at.x.shape[-1])),
    dx_cause("variance-correction-halved",
             "the part of dx that comes through the variance is half as large as it should be",
             FACTORS, lambda at: input_gradient(at, by_spread=0.5)),
    dx_cause("variance-correction-doubled",
             "the part of dx that comes through the variance is twice as large as it should be",
             FACTORS, lambda at: input_gradient(at, by_spread=2)),
    dx_cause("mean-correction-added", "what comes through the mean is added to g, not taken off it",
             "The mean stands with a minus in x - mean. Where does that go?",
             lambda at: input_gradient(at, by_mean=-1)),
    dx_cause("variance-correction-added",
             "what comes through the variance is added to g, not taken off it",
             "A larger spread makes x_hat smaller: which sign has that part of dx?",
             lambda at: input_gradient(at, by_spread=-1)),
    dx_cause("spread-forgotten-once-along-x-hat",
             "in the part through the variance x - mean stands once where x_hat belongs",
             "Count the powers of rstd in each of the three terms: do they agree?",
             lambda at: input_gradient(at, by_spread=1 / at.cache.rstd)),
    dx_cause("spread-forgotten-twice-along-x-hat",
             "in the part through the variance x - mean stands twice where x_hat belongs",
             "Count the powers of rstd in each of the three terms: do they agree?",
             lambda at: input_gradient(at, by_spread=1 / at.cache.rstd**2)),
    dx_cause("x-for-x-hat", "in the part through the variance x stands where x_hat belongs",
             "Which of the forward's results does each term of dx need? What does your cache hold?",
             along_x),
    dx_cause("corrected-over-tokens", "the two means in dx run over the tokens, not over the row",
             "Over which axis did the forward take its mean? The backward's runs over the same.",
             lambda at: corrected_over(at, 1)),
    dx_cause("gamma-left-out-of-dx",
             "dx starts from dy: dy has not come back through the scaling by gamma",
             "What is the gradient of x_hat, if y = x_hat gamma + beta?",
             lambda at: input_gradient(at, at.dy)),
    dx_cause("gamma-applied-last",
             "dx starts from dy, and is multiplied by gamma at the end, after the two means",
             "In which order did the forward normalise and scale? And the backward?",
             lambda at: {"dx": at.gamma * input_gradient(at, at.dy)["dx"]}),
    dx_cause("gamma-left-out-of-the-means",
             "the two means in dx are taken of dy, where they should be taken of dy gamma",
             "There is one gradient of x_hat. Does every term of dx start from it?",
             without_gamma_in_the_means),
    dx_cause("rstd-forgotten", "dx is not multiplied by rstd, which the forward divided by",
             "Multiply x by 10: what should happen to dx?", lambda at: times_rstd(at, -1)),
    dx_cause("std-for-rstd", "dx is multiplied by the standard deviation, not divided by it",
             "Multiply x by 10: what should happen to dx?", lambda at: times_rstd(at, -2)),
    dx_cause("divided-by-the-variance", "dx is divided by the variance, not by its root",
             "Multiply x by 10: what should happen to dx?", lambda at: times_rstd(at, 1)),
    Cause("layernorm-gamma-gradient-of-x", "dgamma is made with x where x_hat belongs",
          "What is gamma multiplied by in the forward?", DGAMMA,
          lambda at: {"dgamma": over_rows(at.dy * at.x)}),
    Cause("layernorm-gamma-gradient-of-x-minus-mean",
          "dgamma is made with x - mean where x_hat belongs",
          "What is gamma multiplied by in the forward?", DGAMMA,
          lambda at: {"dgamma": over_rows(at.dy * centred(at))}),
    Cause("layernorm-gamma-gradient-without-x-hat",
          "dgamma is the sum of dy alone, which is the gradient of beta",
          "What is gamma multiplied by in the forward?", DGAMMA,
          lambda at: {"dgamma": at.right["dbeta"]}),
    Cause("layernorm-parameters-scaled-by-gamma",
          "dgamma and dbeta are made of dy gamma, which is the gradient of x_hat",
          "Which gradient arrives at the line y = x_hat gamma + beta, and which one leaves it?",
          DGAMMA, lambda at: {name: at.right[name] * at.gamma for name in ("dgamma", "dbeta")}),
    Cause("layernorm-parameters-averaged",
          "dgamma and dbeta are means over the rows, where they should be sums",
          "Every row uses the same gamma: what does one row's use add to the loss?", DGAMMA,
          divided_by_rows),
]  # fmt: skip
