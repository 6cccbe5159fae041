# %% [markdown]
# # Lesson 24: many machines, one model
#
# *65 minutes; builds on lessons 11, 13 and 14.*
#
# **The question.** One machine trains for a month; there are 30. Each takes a part of every batch.
# What must they tell each other, so that the model that comes out is the one that a single machine
# would have made, to the last bit? And how long do they talk instead of computing?
#
# **The shapes.** p **ranks**, the processes that train together, numbered r = 0 ... p - 1. Of a
# batch of B images rank r has B_r, side by side in the order of the ranks. The gradients of all
# parameters are one flat vector: g_r (n,) those of rank r's images, g (n,) those of the batch; it
# has S bytes, 4 n in float32. All ranks begin with the same weights, and each has the whole
# optimiser: once they have g, all take the same step.
#
# Nothing here needs a second machine: our ranks are threads. `mpiexec -n 4 python -m mpi4py -m
# minivit train` starts real ones (pip install 'minivit[mpi]').

# %%
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

import minivit
from minivit import ops
from minivit.figures import keep_picture
from minivit.models.cost import cost
from minivit.ops.chance import Drop
from minivit.training import Training
from minivit.training.ranks import PIECE, Ranks

data, rng = minivit.load_dataset("digits"), np.random.default_rng(0)
small = minivit.variant("digits", width=32, depth=1, heads=2, mlp=64, dropout=0.1)

# %% [markdown]
# ## The derivation: a gradient is a sum
#
# The loss of a batch is a mean over its images, so it is a mean of the parts' means, if each counts
# as often as it has images:
#
#     loss = 1/B sum_i loss_i = sum_r (B_r / B) (1/B_r sum_(i in r) loss_i)
#
# The gradient of a sum is the sum of the gradients: **g = sum_r (B_r / B) g_r**, g_r of rank r's
# own mean. All that ranks must tell each other is one sum of vectors, an **all-reduce**.
#
# That holds if image i has the same loss_i wherever it is computed. It has: what a ViT makes of an
# image depends on no other image (lesson 5: BatchNorm's does, and its statistics must be told,
# too). But dropout must draw the same mask for it. So chance belongs to the run, not to the rank:
# a mask depends on the seed and on the image's number *in the batch*, and each rank says with
# `first_image` where its own begin.

# %%
x = rng.normal(size=(6, 3, 4))
whole, _ = ops.dropout_forward(x, drop=Drop(0.5, seed=7))
parts = [
    ops.dropout_forward(x[a:b], drop=Drop(0.5, seed=7, first_image=a))[0]
    for a, b in ((0, 1), (1, 4), (4, 6))
]
assert np.array_equal(np.concatenate(parts), whole)

model = minivit.ViT(small, seed=0, dtype=np.float64, zero_head=False)
images, labels = (array[:26] for array in data.train)
sizes = [13, 8, 4, 1]  # unequal on purpose
ends = np.cumsum(sizes)


def gradient(start, stop, first_image):
    """g (n,) of the mean loss of some images"""
    logits, cache = model.forward(images[start:stop], seed=1, first_image=first_image)
    _, loss_cache = ops.cross_entropy_forward(logits, labels=labels[start:stop])
    model.zero_gradients()
    model.backward(ops.cross_entropy_backward(1.0, loss_cache), cache)
    return model.gradients.flat.copy()


batch = gradient(0, 26, first_image=0)
told = [gradient(end - size, end, end - size) for size, end in zip(sizes, ends, strict=True)]
combined = sum(size / 26 * g for size, g in zip(sizes, told, strict=True))
np.testing.assert_allclose(combined, batch, atol=1e-12)

# %% [markdown]
# **Break it.** Two slips that no shape notices, and that training forgives for a while. The plain
# mean of the ranks' gradients: right while all parts are equal, wrong in the last batch of every
# epoch. And each rank counts its images from 0, so that all draw the same masks. The check object
# is the gradient of the whole batch.


# %%
def off(found):
    return np.linalg.norm(found - batch) / np.linalg.norm(batch)


masks = [gradient(end - size, end, 0) for size, end in zip(sizes, ends, strict=True)]
slips = {
    "none": combined,
    "plain mean": sum(told) / 4,
    "masks from 0": sum(size / 26 * g for size, g in zip(sizes, masks, strict=True)),
}
for slip, found in slips.items():
    print(f"slip: {slip:13} the gradient is off by {off(found):.1e} of its length")
    assert off(found) < 1e-12 if slip == "none" else off(found) > 0.05

# %% [markdown]
# ## The sum by hand: a ring
#
# How do p ranks sum p vectors of S bytes? If all send theirs to rank 0 and it sends the sum back,
# (p - 1) S bytes go through one wire, twice: with 30 machines, 29 times as long as with two.
#
# In a **ring** every rank sends to the next one only, and all wires are busy all the time. Cut each
# vector into p chunks. First each chunk goes once around, and every rank adds its own to it: after
# p - 1 steps each rank has one chunk whole (*reduce-scatter*). Then the whole chunks go around, and
# take the place of the others (*all-gather*). In each of 2 (p - 1) steps a rank sends S/p bytes:
#
#     bytes that a rank sends = 2 (p - 1)/p S          below 2 S, for any number of ranks
#
# No way of summing sends fewer (Patarasu and Yuan 2009).


# %%
def ring(vectors):
    """p vectors (n,) -> what each rank has in the end, and the bytes that each of them sent"""
    p, sent = len(vectors), 0
    ranks = [np.array_split(vector.copy(), p) for vector in vectors]  # [rank][chunk]
    for step in range(2 * (p - 1)):
        adding = step < p - 1
        on_the_way = [ranks[r][(r - step) % p].copy() for r in range(p)]
        sent += np.mean([chunk.nbytes for chunk in on_the_way])
        for r, chunk in enumerate(on_the_way):
            to = ranks[(r + 1) % p][(r - step) % p]
            to[:] = to + chunk if adding else chunk
    return [np.concatenate(chunks) for chunks in ranks], sent


for p in (2, 3, 8, 30):
    vectors = rng.standard_normal((p, 5000)).astype(np.float32)
    S = vectors[0].nbytes
    found, sent = ring(vectors)
    np.testing.assert_allclose(found[0], vectors.sum(axis=0), atol=1e-4)
    assert all(np.array_equal(one, found[0]) for one in found)
    assert np.isclose(sent, 2 * (p - 1) / p * S)
    print(f"{p:2} ranks: in a ring each sends {sent / S:.2f} vectors; a rank 0 that adds for all "
          f"receives {p - 1}")  # fmt: skip

# %% [markdown]
# ## The last bit: sums have an order
#
# In floating point a + b = b + a, but (a + b) + c is rounded in other places than a + (b + c): in
# float32 (1e8 + 1) - 1e8 is 0, and 1 + (1e8 - 1e8) is 1. In a ring each chunk begins its way at
# another rank, so its numbers are added in another order. All ranks end with the same bits (a
# chunk's sum is made once, and copied), and that is what matters: ranks that differ in one bit
# drift apart for ever. But they are not the bits of one process, nor those of another number of
# ranks. Who wants these must keep the order: ((g_0 + g_1) + g_2) + ...

# %%
in_order = vectors[0].copy()
for vector in vectors[1:]:
    in_order += vector
other = np.mean(found[0] != in_order)
print(f"of the sums of 30 numbers, {other:.0%} have other bits in the ring than from left to right")
large, one = np.float32(1e8), np.float32(1)
assert other > 0.3 and (large + one) - large == 0 and one + (large - large) == 1

# %% [markdown]
# ## The library's version: ranks that only gather
#
# `minivit.training.ranks.Ranks` tells what ranks do together (shares of a batch, sums, who speaks)
# in terms of one method, `gather`: each hands in something, each gets all. With MPI it is one call.
# With threads it is a table and a barrier, at which each waits until all have come:


# %%
class Threads(Ranks):
    ordered = True

    def __init__(self, number, table, barrier):
        self.number, self.count, self.table, self.barrier = number, len(table), table, barrier

    def gather(self, mine):
        self.table[self.number] = mine
        self.barrier.wait()  # all have handed in
        found = list(self.table)
        self.barrier.wait()  # all have read: the table may be written again
        return found


def on_each(count, work, kind=Threads):
    """What work(ranks) gives on each rank"""
    table, barrier = [None] * count, threading.Barrier(count, timeout=60)
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda r: work(kind(r, table, barrier)), range(count)))


def added(ranks):
    flat = vectors[ranks.number].copy()
    ranks.sum(flat)
    return flat


assert all(np.array_equal(flat, in_order) for flat in on_each(30, added))

# %% [markdown]
# Now a whole training: dropout, shifts, and a last batch of one image, which most ranks see nothing
# of. Two ranks must find the very bits that one process finds that takes each batch in two halves,
# one after the other (`accumulate=2`, usual where memory is short). Then four ranks, with our ring
# in place of the library's sum: alike among themselves, and off by more than a last bit from one
# process. Some gradients are 0 but for rounding (the key bias, lesson 7), and Adam divides them by
# their own size (lesson 11).

# %%
train, test = data.train, data.test
few = data._replace(
    train=train._make(array[:351] for array in train),
    test=test._make(array[:60] for array in test),
)
recipe = minivit.TrainingConfig(small, epochs=4, batch=50, warmup_epochs=1, learning_rate=0.01)


class InARing(Threads):
    ordered = False

    def start(self, piece):
        piece[:] = ring(self.gather(piece.copy()))[0][self.number]


def learnt(ranks, recipe=recipe):
    run = minivit.train(recipe, few, training=Training(recipe, few, ranks=ranks))
    return run.model.parameters.flat.copy(), run.state.history[-1]["train_loss"]


in_halves, loss = learnt(Ranks(), replace(recipe, accumulate=2))
for p, kind in ((2, Threads), (4, InARing)):
    (weights, rank_loss), *others = on_each(p, learnt, kind)
    assert all(np.array_equal(other, weights) for other, _ in others)
    difference = np.abs(weights - in_halves).max()
    print(f"{p} ranks, {kind.__name__:8} training loss {rank_loss:.6f}, of one process {loss:.6f}; "
          f"largest difference of a weight {difference:.1e}")  # fmt: skip
    assert abs(rank_loss - loss) < 0.05 and (difference == 0) == (kind is Threads)

# %% [markdown]
# ## What it costs: alpha and beta
#
# A message of m bytes takes **alpha + m beta** seconds: alpha until the first byte is there (some
# 50 us by Ethernet), beta for each. Let T(1) be the time of a step on one machine, of which every
# rank does the optimiser's part, `whole`. The batch stays, so of the rest each has 1/p:
#
#     T(p) = whole + (T(1) - whole)/p + sum(p)
#     sum(p) = 2 log2(p) alpha + 2 (p - 1)/p S beta
#
# That sum is Rabenseifner's (Thakur and others 2005): it sends as many bytes as a ring, but halves
# the chunk from message to message, then doubles it, so that 2 log2(p) of them do, not 2 (p - 1).
#
# Without the sum this is **Amdahl's law**: what is not shared out bounds the speed-up by
# T(1) / whole, however many machines there are. With it, it is worse: sum(p) *rises*.


# %%
def sum_seconds(p, S, alpha, beta, k=1):
    """of S bytes; in k pieces, one after the other"""
    return k * 2 * np.log2(p) * alpha + 2 * (p - 1) / p * S * beta


c, images_of_a_step = minivit.variant("Ti/16"), 4096  # the paper's batch
total, rate, bandwidth = cost(c, batch=1), 200e9, 20e9  # a machine of 200 GFLOP/s and 20 GB/s, say
S = 4 * total.parameters
pieces = -(-total.parameters // PIECE)
whole = 7 * S / bandwidth  # AdamW reads four vectors and writes three
rest = images_of_a_step * total.step_flops / rate
machines = 2 ** np.arange(11)
networks = {f"{gigabits} Gbit/s": 8 / (gigabits * 1e9) for gigabits in (1, 10, 100)}
steps = {name: whole + rest / machines + sum_seconds(machines, S, 50e-6, beta, pieces)
         for name, beta in networks.items()}  # fmt: skip
amdahl = (whole + rest) / (whole + rest / machines)
print(f"Ti/16, {S / 1e6:.0f} MB of gradients; a step of 4,096 images takes one machine "
      f"{whole + rest:.0f} s")  # fmt: skip
print("speed-up     Amdahl " + "".join(f"{name:>13}" for name in networks))
for i, p in enumerate(machines):
    print(f"{p:5,} {amdahl[i]:12.1f} " + "".join(f"{s[0] / s[i]:13.1f}" for s in steps.values()))
    assert all(s[0] / s[i] <= amdahl[i] * (1 + 1e-12) <= p * (1 + 1e-9) for s in steps.values())
slow, fast = steps["1 Gbit/s"], steps["100 Gbit/s"]
longer = sum_seconds(machines, S, 50e-6, networks["1 Gbit/s"], pieces) > whole + rest / machines
print(f"over 1 Gbit/s the sum takes longer than all else with {machines[longer].min():,} machines")
assert slow[-1] / fast[-1] > 2 and np.all(np.diff(fast) < 0)

# %% [markdown]
# **Hide it.** The backward is done with the last block first, so that block's gradients can be
# summed while the others are still computed. A backward is two thirds of the computing: at best a
# step takes `whole`, a third, and then two thirds or the sum, whichever is larger. minivit does so,
# in pieces of 4 MB, unless the order is to be kept. Processes of one machine win less by it: they
# share its cores and its memory.
#
# **Or grow the batch.** If every machine has a batch of its own, p times as much is computed for
# one sum, and the sum's share hardly changes from 4 to 1,024 machines, as (p - 1)/p does. But such
# a training takes fewer, larger steps: Goyal and others (2017) raise the rate as they raise the
# batch, after a warm-up of five epochs, and lose nothing up to 8,192 images.
#
# `minivit bench mpi` measures all this on your machine: processes against threads, alpha and beta.


# %%
def draw(figure):
    """Left: a rank of a ring sends less than twice its vector, rank 0 of a star receives them all.
    Middle: what a step over 1 Gbit/s is made of. Right: Amdahl's law, and what networks leave."""
    sending, parts, speed = figure.subplots(1, 3)
    p = machines[1:]
    sending.plot(p, 2 * (p - 1) / p, "o-", label="ring: sent by each")
    sending.plot(p, p - 1, "s--", label="by way of rank 0: received by it")
    sending.set(xlabel="ranks", ylabel="vectors", yscale="log")
    summing = sum_seconds(p, S, 50e-6, networks["1 Gbit/s"], pieces)
    parts.plot(machines, rest / machines, "o-", label="forward and backward")
    parts.plot(machines, np.full(len(machines), whole), "s--", label="the optimiser")
    parts.plot(p, summing, "^:", label="the sum")
    parts.set(xlabel="machines", ylabel="seconds of a step", yscale="log")
    speed.plot(machines, amdahl, "k--", label="Amdahl")
    for name, marker in zip(networks, "os^", strict=True):
        speed.plot(machines, steps[name][0] / steps[name], marker + "-", label=name)
    speed.set(xlabel="machines", ylabel="times as fast as one", yscale="log")
    for axes in (sending, parts, speed):
        axes.set_xscale("log", base=2)
        axes.set_xticks(machines[::2], [f"{p:,}" for p in machines[::2]])


keep_picture(draw, "24_many_machines.png", 13, 4)

# %% [markdown]
# ## Exercises
#
# **24.1 Statistics of unequal parts.** Ranks have `sizes` (p,) numbers each, and tell the `means`
# (p,) and the `variances` (p,) of their own. Return mean and variance of all numbers, as BatchNorm
# needs them. (A variance is the mean of the squares less the square of the mean.) Roughly 4 lines.


# %%
def of_all(sizes, means, variances):
    ### BEGIN SOLUTION
    shares = np.array(sizes) / np.sum(sizes)
    mean = (shares * means).sum()
    squares = (shares * (np.array(variances) + np.array(means) ** 2)).sum()
    return mean, squares - mean**2
    ### END SOLUTION


numbers = [rng.normal(loc, 1 + loc, size) for loc, size in ((0.0, 5), (2.0, 50), (9.0, 1))]
joined = np.concatenate(numbers)
mean, variance = of_all(*zip(*((len(a), a.mean(), a.var()) for a in numbers), strict=True))
assert np.isclose(mean, joined.mean()), f"weigh each mean by its numbers: {mean}"
assert np.isclose(variance, joined.var()), "parts with different means differ between them, too"
print("24.1 is right")

# %% [markdown]
# **24.2 Few messages.** For short vectors alpha is all that counts. *Recursive doubling*: in round
# k = 0, 1, ... rank r and rank r ^ 2^k (one bit changed) send each other all they have, and both
# add. `vectors` (p, n), p a power of 2 -> what each rank has in the end (p, n), and how many bytes
# each rank sent. All ranks must end with the same bits. Roughly 6 lines.


# %%
def doubling(vectors):
    ### BEGIN SOLUTION
    have, sent, distance = vectors.copy(), 0, 1
    while distance < len(have):
        have = have + have[np.arange(len(have)) ^ distance]
        sent += have[0].nbytes
        distance *= 2
    return have, sent
    ### END SOLUTION


for p in (1, 2, 8, 32):
    vectors = rng.standard_normal((p, 100)).astype(np.float32)
    kept = vectors.copy()
    found, sent = doubling(vectors)
    assert np.array_equal(vectors, kept), "leave the vectors that you were given as they are"
    assert np.allclose(found, vectors.sum(axis=0), atol=1e-4), "each rank has the sum of all"
    assert np.array_equal(found, np.tile(found[0], (p, 1))), "a + b = b + a, but for all the same"
    assert sent == np.log2(p) * 400, f"{p} ranks: a whole vector in each round, not {sent} bytes"
print("24.2 is right")

# %% [markdown]
# **24.3 Enough machines.** Of 1, 2, 4, ... 1,024 machines, which number takes the least time for a
# step? `whole` and `rest` seconds on one machine, S bytes of gradients in one piece, alpha and beta
# as above; of equals the smallest. Roughly 3 lines.


# %%
def enough(whole, rest, S, alpha, beta):
    ### BEGIN SOLUTION
    p = 2 ** np.arange(11)
    return int(p[np.argmin(whole + rest / p + sum_seconds(p, S, alpha, beta))])
    ### END SOLUTION


for given, true in (
    ((0.1, 1.0, 4e6, 0.0, 0.0), 1024),  # a network that costs nothing
    ((0.1, 1.0, 1e9, 50e-6, 8e-9), 1),  # 8 s for a gigabyte, more than there is to save
    ((0.1, 0.0, 4e6, 50e-6, 8e-11), 1),  # nothing to share out
    ((0.0, 1.0, 0.0, 1 / 64, 0.0), 16),  # p = 8 and 16: 0.125 + 6/64, 0.0625 + 8/64
):
    found = enough(*given)
    assert found == true, f"whole, rest, S, alpha, beta = {given}: {true} machines, not {found}"
print("24.3 is right")
