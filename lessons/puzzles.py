# %% [markdown]
# # Puzzles: each op in one line
#
# *60 minutes; builds on lessons 1, 3, 5, 6 and 7.*
#
# **The question.** Do you know the parts of a Vision Transformer so well that each is *one* line of
# NumPy? Here are twelve puzzles. Each gives you a function's name and arguments, and when you run
# it an example of what goes in and what comes out; you write the line after `return` (it may be
# broken into several). No loops.
#
# **The shapes.** B images, T tokens, D columns, H heads of K columns, R rows of S patches of P x P
# pixels with C channels. `dy` is d loss / d y, of the shape of y.
#
# A wrong line gets a **counterexample**: the checker tries the smallest inputs first, then puts
# zeros and ones in place of all numbers that don't matter, as long as your line stays wrong. What
# is left is small enough to be calculated by hand. Do so before you look at your line again. (The
# next cell is the checker. Run it; you need not read it.)

# %%
import inspect

import numpy as np

from minivit import ops
from minivit.figures import keep_picture
from minivit.ops import multihead_attention as library
from minivit.ops.attention import AttentionCache
from minivit.ops.layernorm import LayerNormCache
from minivit.ops.softmax import SoftmaxCache

rng = np.random.default_rng(0)


def numbers(*shape):
    """Small whole numbers, so that a counterexample is easily read."""
    return rng.integers(-3, 4, size=shape).astype(float)


def mistake(yours, right, case):
    """What is wrong with yours on this case, in words; "" if nothing is."""
    wanted = right(*case)
    try:
        with np.errstate(all="ignore"):
            given = yours(*[np.copy(x) if isinstance(x, np.ndarray) else x for x in case])
    except NotImplementedError:
        raise
    except Exception as error:
        return f"you gave {type(error).__name__}: {error}\nright is\n{wanted}"
    if np.shape(given) != wanted.shape:
        return f"you gave shape {np.shape(given)}\n{given}\nright is shape {wanted.shape}\n{wanted}"
    if not np.allclose(given, wanted, rtol=1e-6, atol=1e-9):
        return f"you gave\n{given}\nright is\n{wanted}"
    return ""


def shrunk(yours, right, case):
    """The same case with as many zeros and ones as leave it a counterexample."""
    case = list(case)
    for i, x in enumerate(case):
        for index in np.ndindex(x.shape) if isinstance(x, np.ndarray) else ():
            for simpler in (0.0, 1.0):
                if x[index] in (0, simpler):
                    continue
                tried = x.copy()
                tried[index] = simpler
                if mistake(yours, right, [*case[:i], tried, *case[i + 1 :]]):
                    case[i] = x = tried
    return case


def counterexample(yours, right, cases):
    """The smallest that is found, as text; None if yours is right on all cases."""
    for case in sorted(cases, key=lambda case: sum(np.size(x) for x in case)):
        if mistake(yours, right, case):
            case = shrunk(yours, right, case)
            names = inspect.signature(yours).parameters
            inputs = "\n".join(f"{name} = {x}" for name, x in zip(names, case, strict=True))
            return f"the smallest counterexample:\n{inputs}\n{mistake(yours, right, case)}"
    return None


def picture(function, case, result):
    """Prints what goes in and what comes out."""
    with np.printoptions(precision=2, suppress=True):
        for name, x in zip(inspect.signature(function).parameters, case, strict=False):
            print(f"{name} =\n{x}")
        print(f"{function.__name__} makes of it\n{result}\n")


# %% [markdown]
# A line that is wrong, so that you know how that looks: softmax must normalise each row, and this
# one normalises the whole array. What is left of a table of random numbers are two rows of one
# number each.

# %%


def softmax(x):
    return ops.softmax_forward(x)[0]


tables = [(numbers(rows, columns),) for rows in (1, 2, 3) for columns in (1, 2, 3)]
found = counterexample(lambda x: np.exp(x) / np.exp(x).sum(), softmax, tables)
print(found)
assert found == (
    "the smallest counterexample:\nx = [[0.]\n [0.]]\nyou gave\n[[0.5]\n [0.5]]\n"
    "right is\n[[1.]\n [1.]]"
)
assert counterexample(softmax, softmax, tables) is None

# %% [markdown]
# ## What goes in, what comes out


# %%
def draw(figure):
    """Four puzzles, what goes in (left) and what comes out."""
    image, tokens = np.arange(16.0).reshape(1, 4, 4, 1), np.arange(12.0).reshape(3, 4)
    scores = numbers(3, 4)
    normed = ops.layernorm_forward(scores, np.ones(4), np.zeros(4))[0]
    heads = library.split_one(tokens[None], 2)[0].reshape(6, 2)
    transforms = {
        "patchify: 2 x 2 patches become rows": (
            image[0, :, :, 0], ops.patchify_forward(image, patch=2)[0][0], "patch"),
        "softmax: rows that sum to 1": (scores, softmax(scores), "query"),
        "LayerNorm: rows of mean 0, variance 1": (scores, normed, "token"),
        "split: heads 0 and 1, one below the other": (tokens, heads, "head, token"),
    }  # fmt: skip
    grid = figure.subplots(4, 2)
    for pair, (title, (before, after, rows)) in zip(grid, transforms.items(), strict=True):
        for axes, values in zip(pair, (before, after), strict=True):
            axes.imshow(values, cmap="viridis", aspect="auto")
            middle = (values.min() + values.max()) / 2
            for (row, column), number in np.ndenumerate(values):
                shade = "black" if number > middle else "white"
                axes.text(column, row, f"{number:.2g}", ha="center", va="center", color=shade)
            axes.set(xticks=range(values.shape[1]), yticks=range(values.shape[0]))
        pair[0].set(title=f"{title.split(':')[0]}: in", xlabel="column", ylabel="row")
        pair[1].set(title=title, xlabel="column", ylabel=rows)


keep_picture(draw, "puzzles.png", 9, 9)

# %% [markdown]
# ## Exercises
#
# **1 Patchify.** images (B, R P, S P, C) -> (B, R S, P P C). Patches row by row, from left to
# right; inside a patch the order is row, column, channel. All sizes are given.


# %%
def patchify(images, B, R, S, P, C):
    ### BEGIN SOLUTION
    return images.reshape(B, R, P, S, P, C).swapaxes(2, 3).reshape(B, R * S, P * P * C)
    ### END SOLUTION


sizes = [(1, 1, 2, 1, 1), (1, 1, 2, 2, 1), (1, 2, 2, 2, 1), (1, 2, 1, 2, 3), (2, 2, 3, 2, 3)]


def right(images, B, R, S, P, C):
    return ops.patchify_forward(images, patch=P)[0]


rows = np.arange(12.0).reshape(1, 2, 6, 1)
picture(patchify, [rows[0, :, :, 0]], right(rows, 1, 1, 3, 2, 1)[0])
cases = [(numbers(B, R * P, S * P, C), B, R, S, P, C) for B, R, S, P, C in sizes]
wrong = counterexample(patchify, right, cases)
assert wrong is None, wrong
print("1 is right")

# %% [markdown]
# **2 Unpatchify, its backward.** dpatches (B, R S, P P C) -> dimages (B, R P, S P, C). Patchify
# only moves numbers, so its backward moves them back.


# %%
def unpatchify(dpatches, B, R, S, P, C):
    ### BEGIN SOLUTION
    return dpatches.reshape(B, R, S, P, P, C).swapaxes(2, 3).reshape(B, R * P, S * P, C)
    ### END SOLUTION


def right(dpatches, B, R, S, P, C):
    _, cache = ops.patchify_forward(np.zeros((B, R * P, S * P, C)), patch=P)
    return ops.patchify_backward(dpatches, cache)


rows = np.arange(12.0).reshape(1, 3, 4)
picture(unpatchify, [rows[0]], right(rows, 1, 1, 3, 2, 1)[0, :, :, 0])
sizes = [(1, 1, 2, 1, 1), (1, 1, 2, 2, 1), (1, 2, 2, 2, 1), (1, 2, 1, 2, 3), (2, 2, 3, 2, 3)]
cases = [(numbers(B, R * S, P * P * C), B, R, S, P, C) for B, R, S, P, C in sizes]
wrong = counterexample(unpatchify, right, cases)
assert wrong is None, wrong
print("2 is right")

# %% [markdown]
# **3 The weights of a linear layer.** y = x w with x (B, T, D) and w (D, M). From x and dy (B, T,
# M) to dw (D, M): all tokens of all images share w.


# %%
def linear_dw(x, dy):
    ### BEGIN SOLUTION
    return np.einsum("btd,btm->dm", x, dy)
    ### END SOLUTION


def right(x, dy):
    _, cache = ops.linear_forward(x, np.zeros((x.shape[-1], dy.shape[-1])))
    return ops.linear_backward(dy, cache)[1]


example = np.array([[[1.0, 0], [0, 2]]]), np.array([[[1.0, 2, 3], [4, 5, 6]]])
picture(linear_dw, [x[0] for x in example], right(*example))
sizes = [(1, 1, 1, 1), (1, 2, 1, 1), (2, 1, 1, 1), (1, 1, 2, 1), (2, 2, 2, 2), (2, 3, 2, 4)]
cases = [(numbers(B, T, D), numbers(B, T, M)) for B, T, D, M in sizes]
wrong = counterexample(linear_dw, right, cases)
assert wrong is None, wrong
print("3 is right")

# %% [markdown]
# **4 Softmax.** x (..., T) -> probs (..., T), and scores of 3,000 don't overflow. (An assignment
# within an expression is `(e := ...)`.)


# %%
def softmax_line(x):
    ### BEGIN SOLUTION
    return (e := np.exp(x - x.max(axis=-1, keepdims=True))) / e.sum(axis=-1, keepdims=True)
    ### END SOLUTION


right, example = softmax, np.array([[0.0, 1, 2], [5, 5, 5]])
picture(softmax_line, [example], right(example))
cases = [*tables, (np.array([[3000.0, 0]]),), (numbers(2, 3, 4),)]
wrong = counterexample(softmax_line, right, cases)
assert wrong is None, wrong
print("4 is right")

# %% [markdown]
# **5 Softmax, its backward.** From dprobs and probs, both (..., T), to dx (..., T).


# %%
def softmax_backward(dprobs, probs):
    ### BEGIN SOLUTION
    return probs * (dprobs - (dprobs * probs).sum(axis=-1, keepdims=True))
    ### END SOLUTION


def right(dprobs, probs):
    return ops.softmax_backward(dprobs, SoftmaxCache(probs))


example = np.array([[1.0, 0, 0]]), np.array([[0.5, 0.25, 0.25]])
picture(softmax_backward, example, right(*example))
cases = [(numbers(*x.shape), softmax(x)) for (x,) in tables]
wrong = counterexample(softmax_backward, right, cases)
assert wrong is None, wrong
print("5 is right")

# %% [markdown]
# **6 Cross-entropy, its backward.** The loss is the mean over B images of -log probs[label]. From
# logits (B, C), here for C classes, and labels (B,), whole numbers, to dlogits (B, C). You may call
# `softmax`.


# %%
def cross_entropy_backward(logits, labels):
    ### BEGIN SOLUTION
    return (softmax(logits) - np.eye(logits.shape[1])[labels]) / len(logits)
    ### END SOLUTION


def right(logits, labels):
    _, cache = ops.cross_entropy_forward(logits, labels=labels)
    return ops.cross_entropy_backward(1.0, cache)


example = np.array([[0.0, 0], [3, 0]]), np.array([0, 1])
picture(cross_entropy_backward, example, right(*example))
cases = [(numbers(B, C), np.arange(B) % C) for B in (1, 2, 3) for C in (2, 3)]
wrong = counterexample(cross_entropy_backward, right, cases)
assert wrong is None, wrong
print("6 is right")

# %% [markdown]
# **7 LayerNorm.** x (..., D) -> (x - mean) / sqrt(var + 1e-6), without gamma and beta.


# %%
def layernorm(x):
    ### BEGIN SOLUTION
    return (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-6)
    ### END SOLUTION


def right(x):
    D = x.shape[-1]
    return ops.layernorm_forward(x, np.ones(D), np.zeros(D))[0]


example = np.array([[1.0, 2, 3], [0, 0, 6]])
picture(layernorm, [example], right(example))
cases = [*tables, (numbers(2, 3, 4),), (np.array([[0, 1e-3]]),)]
wrong = counterexample(layernorm, right, cases)
assert wrong is None, wrong
print("7 is right")

# %% [markdown]
# **8 LayerNorm, its backward.** From dy (..., D), x_hat (..., D) and rstd (..., 1) = 1 / sqrt(var +
# 1e-6) to dx; again gamma is 1.


# %%
def layernorm_backward(dy, x_hat, rstd):
    ### BEGIN SOLUTION
    return rstd * (
        dy - dy.mean(axis=-1, keepdims=True) - x_hat * (dy * x_hat).mean(axis=-1, keepdims=True)
    )
    ### END SOLUTION


def right(dy, x_hat, rstd):
    return ops.layernorm_backward(dy, LayerNormCache(x_hat, rstd, np.ones(dy.shape[-1])))[0]


example = np.array([[1.0, 0]]), np.array([[-1.0, 1]]), np.array([[2.0]])
picture(layernorm_backward, example, right(*example))
shapes = [(rows, columns) for rows in (1, 2) for columns in (1, 2, 3)]
cases = [(numbers(*shape), numbers(*shape), numbers(shape[0], 1)) for shape in shapes]
wrong = counterexample(layernorm_backward, right, cases)
assert wrong is None, wrong
print("8 is right")

# %% [markdown]
# **9 Split the heads.** x (B, T, H K) -> (B, H, T, K): head h owns the columns from h K on.


# %%
def split(x, B, T, H, K):
    ### BEGIN SOLUTION
    return x.reshape(B, T, H, K).swapaxes(1, 2)
    ### END SOLUTION


def right(x, B, T, H, K):
    return library.split_one(x, H)


example = np.arange(8.0).reshape(1, 2, 4)
picture(split, [example[0]], right(example, 1, 2, 2, 2)[0])
of_heads = [(1, 1, 2, 1), (1, 2, 1, 1), (1, 2, 2, 1), (1, 2, 2, 2), (2, 3, 2, 2)]
cases = [(numbers(B, T, H * K), B, T, H, K) for B, T, H, K in of_heads]
wrong = counterexample(split, right, cases)
assert wrong is None, wrong
print("9 is right")

# %% [markdown]
# **10 Merge them, the backward of split.** dheads (B, H, T, K) -> dx (B, T, H K).


# %%
def merge(dheads, B, T, H, K):
    ### BEGIN SOLUTION
    return dheads.swapaxes(1, 2).reshape(B, T, H * K)
    ### END SOLUTION


def right(dheads, B, T, H, K):
    return library.merge_heads(dheads)


example = np.arange(8.0).reshape(1, 2, 2, 2)
picture(merge, [example[0]], right(example, 1, 2, 2, 2)[0])
of_heads = [(1, 1, 2, 1), (1, 2, 1, 1), (1, 2, 2, 1), (1, 2, 2, 2), (2, 3, 2, 2)]
cases = [(numbers(B, H, T, K), B, T, H, K) for B, T, H, K in of_heads]
wrong = counterexample(merge, right, cases)
assert wrong is None, wrong
print("10 is right")

# %% [markdown]
# **11 Attention.** q, k, v (..., T, K) -> mixed (..., T, K). You may call `softmax`.


# %%
def attention(q, k, v):
    ### BEGIN SOLUTION
    return softmax(q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])) @ v
    ### END SOLUTION


def right(q, k, v):
    return ops.attention_forward(q, k, v)[0]


example = np.array([[9.0], [0]]), np.array([[1.0], [-1]]), np.array([[2.0], [4]])
picture(attention, example, right(*example))
shapes = [(1, 1, 1), (1, 2, 1), (1, 2, 2), (1, 1, 2, 3), (2, 2, 3, 2)]
cases = [(numbers(*shape), numbers(*shape), numbers(*shape)) for shape in shapes]
wrong = counterexample(attention, right, cases)
assert wrong is None, wrong
print("11 is right")

# %% [markdown]
# **12 The gradient of the values.** In attention, from dmixed (..., T, K) and probs (..., T, T), a
# row for each query, to dv (..., T, K).


# %%
def values_gradient(dmixed, probs):
    ### BEGIN SOLUTION
    return probs.swapaxes(-1, -2) @ dmixed
    ### END SOLUTION


def right(dmixed, probs):
    return ops.attention_backward(dmixed, AttentionCache(*[dmixed] * 3, probs, None))[2]


example = np.array([[10.0], [1]]), np.array([[0.5, 0.5], [0, 1]])
picture(values_gradient, example, right(*example))
shapes = [(1, 1, 1), (1, 2, 1), (1, 1, 2), (1, 2, 3), (2, 2, 3, 2)]
cases = [(numbers(*shape), softmax(numbers(*shape[:-1], shape[-2]))) for shape in shapes]
wrong = counterexample(values_gradient, right, cases)
assert wrong is None, wrong
print("12 is right")
