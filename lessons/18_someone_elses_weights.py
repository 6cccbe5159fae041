# %% [markdown]
# # Lesson 18: someone else's weights
#
# *65 minutes; builds on lessons 2 and 9.*
#
# **The question.** Others have trained larger ViTs than we can, with other software, and give away
# files: arrays with names. How do such arrays become a model of ours, and how do you know that you
# have read them *right*? Nearly every mistake gives a model that runs.
#
# **The shapes.** Our someone uses timm, a library of models for PyTorch. B images, T tokens, D
# width, H heads of K columns, M the MLP's width, C classes, patches of P x P pixels.
#
# | array | ours | timm's name | its shape there |
# |---|---|---|---|
# | patches' matrix | (P P channels, D) | `patch_embed.proj.weight` | (D, channels, P, P) |
# | cls, positions | (D,), (T, D) | `cls_token`, `pos_embed` | (1, 1, D), (1, T, D) |
# | queries, keys, values | (D, 3 H K) | `blocks.0.attn.qkv.weight` | (3 H K, D) |
# | behind the heads | (H K, D) | `blocks.0.attn.proj.weight` | (D, H K) |
# | MLP | (D, M), (M, D) | `blocks.0.mlp.fc1.weight`, `fc2` | (M, D), (D, M) |
# | head | (D, C) | `head.weight` | (C, D) |
#
# The model is small: 2 blocks, D = 32. It tells the colour of a shape (data set `shapes-by-colour`,
# 32 x 32 pixels). `tests/checkpoints/someone_elses_weights.py` trained it with timm and PyTorch.

# %%
import json
import os
import pickle
from dataclasses import replace

import numpy as np
from safetensors.numpy import load as load_safetensors

import minivit
from minivit import ops
from minivit.checkpoints.foreign.google import TABLE as GOOGLES_TABLE
from minivit.checkpoints.foreign.table import written
from minivit.course.finding import lesson_folder
from minivit.figures import keep_picture

folder = lesson_folder() / "results" / "18_timm"
for path in sorted(folder.iterdir()):
    print(f"{path.name}: {path.stat().st_size:,} bytes")

# %% [markdown]
# ## The file, by hand
#
# A `.safetensors` file begins with eight bytes, a whole number, the least byte first: the length of
# the header. The header is JSON: of each array its name, dtype, shape, and where its bytes begin
# and end, counted from the end of the header. Then come these bytes, and nothing else. Ours has
# half precision (F16, two bytes a number), as many files have; we widen it.


# %%
DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2"}  # NumPy's words: 8, 4 and 2 bytes


def read_file(content):
    length = int.from_bytes(content[:8], "little")
    header, numbers, arrays = json.loads(content[8 : 8 + length]), content[8 + length :], {}
    header.pop("__metadata__", None)  # texts, such as who made it
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        array = np.frombuffer(numbers[begin:end], DTYPES[entry["dtype"]])
        arrays[name] = array.reshape(entry["shape"]).astype(np.float64)
    return arrays


content = (folder / "model.safetensors").read_bytes()
theirs = read_file(content)
for name, array in load_safetensors(content).items():  # the format's own package
    assert np.array_equal(theirs[name], array)
print(f"{len(theirs)} arrays, {sum(array.size for array in theirs.values()):,} numbers")


class Innocent:
    def __reduce__(self):  # how a pickle makes it again: a function, and its arguments
        return os.getcwd, ()


assert pickle.loads(pickle.dumps(Innocent())) == os.getcwd()
print("whoever reads this pickle calls os.getcwd()")
# And a header that lies: the numbers of one array begin two bytes earlier
lying = content.replace(b'"data_offsets":[64,2112]', b'"data_offsets":[62,2110]')
moved, name = read_file(lying), "blocks.0.attn.proj.weight"
assert np.array_equal(moved[name].flat[1:], theirs[name].flat[:-1])

# %% [markdown]
# PyTorch's older files, `.pth` and `.bin`, are pickles: programs that make objects, and may call
# any function. Don't read a stranger's. A header and numbers can do nothing, but they can be wrong,
# and our reader believes them. The library's asks first whether the arrays fill the file, each byte
# once (`minivit/checkpoints/tensors.py`).
#
# ## Names and shapes, and what they don't tell

# %%
for name, array in theirs.items():
    if not name.startswith("blocks.1."):
        print(f"{name:28} {array.shape}")
D, channels, P, _ = theirs["patch_embed.proj.weight"].shape
M, C = len(theirs["blocks.0.mlp.fc1.weight"]), len(theirs["head.weight"])
assert theirs["pos_embed"].shape == (1, (32 // P) ** 2 + 1, D)  # 16 patches and cls
told = json.loads((folder / "config.json").read_text("utf-8"))
H, use = told["model_args"]["num_heads"], told["pretrained_cfg"]
mean, std = np.array(use["mean"]), np.array(use["std"])
print(f"config.json: {H} heads; {told['global_pool']!r}: the head reads cls; pixels from 0 to 1,")
print(f"less {use['mean']}, divided by {use['std']} (red, green, blue)")

# %% [markdown]
# Sizes can be counted off, and exactly: 17 rows of positions are 4 x 4 patches and cls; 16 or 196
# rows would be patches alone, since no two neighbours are both squares (but 0 and 1). Five things
# stand in no array:
#
# - the number of heads: (3 H K, D) is the same for 4 heads of 8 columns and 8 of 4;
# - which GELU (lesson 8), and which eps in LayerNorm;
# - what the head reads, cls or a mean, and how levels from 0 to 255 become numbers.
#
# A `config.json` tells some of it. The rest is a library's habit: timm and Hugging Face have the
# exact GELU, Google the one with tanh; eps is 1e-6 in timm and at Google, 1e-12 at Hugging Face.
#
# ## The derivation: which way round?
#
# 1. *A linear map.* PyTorch stores W (out, in) and computes y = x W^T + b; ours is y = x w + b. So
#    w = W^T.
# 2. *The patches.* timm has a convolution, whose kernel W lies on a patch. Number d of a token is
#    the sum of W[d,c,i,j] pixel[i,j,c] over channel c, row i and column j. Our flat patch has the
#    order (i, j, c), c fastest (lesson 1), and so have the rows of w: bring the axes of W into the
#    order (i, j, c, d), then flatten the first three.
# 3. *Queries, keys, values.* The rows of W are all queries, all keys, all values, and within each
#    head after head: row s H K + h K + k, with s = 0, 1, 2. So are our columns (lesson 7). Others
#    keep three matrices: Hugging Face (out, in), Google with an axis for the heads (exercise 18.2).
# 4. *An axis of length 1* stands where PyTorch has the batch.
#
# ## By hand: the table, a block, the model
#
# A row of the table says which array of theirs becomes an array of ours, and how. Its test: block 0
# alone, from the tokens that timm has in front of it to those behind it, then the logits.


# %%
def kernel(w):
    return w.transpose(2, 3, 1, 0).reshape(-1, D)  # (D, c, i, j) -> (i, j, c, D) -> (i j c, D)


same, transposed = np.asarray, np.transpose
TABLE = {  # our name: theirs, and how ours is made of it; {i} is the number of a block
    "embed.w": ("patch_embed.proj.weight", kernel),
    "embed.b": ("patch_embed.proj.bias", same),
    "embed.cls": ("cls_token", lambda a: a[0, 0]),
    "embed.positions": ("pos_embed", lambda a: a[0]),
    "blocks.{i}.attention.gamma": ("blocks.{i}.norm1.weight", same),
    "blocks.{i}.attention.beta": ("blocks.{i}.norm1.bias", same),
    "blocks.{i}.attention.w_qkv": ("blocks.{i}.attn.qkv.weight", transposed),
    "blocks.{i}.attention.b_qkv": ("blocks.{i}.attn.qkv.bias", same),
    "blocks.{i}.attention.w_out": ("blocks.{i}.attn.proj.weight", transposed),
    "blocks.{i}.attention.b_out": ("blocks.{i}.attn.proj.bias", same),
    "blocks.{i}.mlp.gamma": ("blocks.{i}.norm2.weight", same),
    "blocks.{i}.mlp.beta": ("blocks.{i}.norm2.bias", same),
    "blocks.{i}.mlp.w1": ("blocks.{i}.mlp.fc1.weight", transposed),
    "blocks.{i}.mlp.b1": ("blocks.{i}.mlp.fc1.bias", same),
    "blocks.{i}.mlp.w2": ("blocks.{i}.mlp.fc2.weight", transposed),
    "blocks.{i}.mlp.b2": ("blocks.{i}.mlp.fc2.bias", same),
    "norm.gamma": ("norm.weight", same),
    "norm.beta": ("norm.bias", same),
    "head.w": ("head.weight", transposed),
    "head.b": ("head.bias", same),
}
# image, channels, patch, width, depth, heads, MLP's width, classes; the exact GELU unless told
config = minivit.ViTConfig((32, 32), channels, (P, P), D, 2, H, M, C, cls_token=True, eps=1e-6)


def read_model(table, config):
    """Their arrays in a model of ours, each name used and each shape compared."""
    model, unused = minivit.ViT(config, dtype=np.float64), set(theirs)
    for ours, (name, how) in table.items():
        for i in range(config.depth if "{i}" in ours else 1):
            own, array = model.parameters[ours.format(i=i)], how(theirs[name.format(i=i)])
            if array.shape != own.shape:  # NumPy itself would repeat one row to fill all
                raise ValueError(f"{ours.format(i=i)} is {own.shape}, given is {array.shape}")
            own[...] = array
            unused.discard(name.format(i=i))
    assert not unused, f"left over: {unused}"
    return model


def apart(found, expected):
    return np.abs(found - expected).max() / np.abs(expected).max()


def pixels(levels):  # (B, 32, 32, 3) from 0 to 255
    return (levels / 255 - mean) / std


answers = read_file((folder / "answers.safetensors").read_bytes())  # timm's, in float64
tokens, logits = answers["tokens"], answers["logits"]  # (3, T, D) of one image, (4, C) of four
test = minivit.load_dataset("shapes-by-colour").test
levels, labels = test.images.levels[:400], test.labels[:400]
model = read_model(TABLE, config)
z, _ = ops.attention_branch_forward(tokens[:1], *model.parameters.of("blocks.0.attention"), heads=H)
y, _ = ops.mlp_branch_forward(z, *model.parameters.of("blocks.0.mlp"))
of_block = apart(y[0], tokens[1])
of_model = apart(model.logits(pixels(levels[:4])), logits)
print(f"apart from timm's, of the largest: block 0 {of_block:.0e}, logits {of_model:.0e}")
assert of_block < 1e-12 and of_model < 1e-12

# %% [markdown]
# ## The library's version
#
# `minivit.load` takes the folder. It has a table like ours for each layout, with patterns in the
# place of functions, "(y x c) D -> D c y x": `minivit/checkpoints/foreign/timm.py`, and google.py
# and huggingface.py beside it. Where a config.json is missing, say `minivit.load(path, heads=4)`.

# %%
library = minivit.load(folder)  # in float32
assert library.config == config and np.allclose(library.preprocessing["low"], -mean / std)
for name, ours in model.parameters.items():
    assert np.array_equal(ours, library.parameters[name]), name
of_float32 = apart(library.logits(pixels(levels[:4]).astype(np.float32)), logits)
print(f"logits of the library's model, in float32: {of_float32:.0e} apart")
assert of_float32 < 1e-5

# %% [markdown]
# ## Break it: fifteen mistakes
#
# Each line is one mistake: in the table, in what no array tells, or in the pixels. Do the shapes
# notice it? How far are the logits from timm's? How many of 400 test images are still read right?
# And at which place do the tokens of an image first differ from timm's?

# %%
w_qkv, w_out = "blocks.{i}.attention.w_qkv", "blocks.{i}.attention.w_out"


def head_by_head(w):  # rows in the order (h, s, k) taken for (s, h, k)
    return w.reshape(H, 3, -1, D).swapaxes(0, 1).reshape(-1, D).T


MISTAKES = {  # another arrangement, another option, or other pixels
    "qkv not transposed": {w_qkv: same},
    "no row of positions for cls": {"embed.positions": lambda a: a[0, 1:]},
    "qkv reshaped, not transposed": {w_qkv: lambda w: w.reshape(D, -1)},
    "proj not transposed": {w_out: same},
    "qkv read head by head": {w_qkv: head_by_head},
    "patch flattened as (c, i, j)": {"embed.w": lambda w: w.reshape(D, -1).T},
    "row of cls last, not first": {"embed.positions": lambda a: np.roll(a[0], -1, axis=0)},
    "8 heads": {"heads": 8},
    "2 heads": {"heads": 2},
    "head reads the mean": {"pool": "mean"},
    "GELU with tanh": {"gelu": "tanh"},
    "eps 1e-5": {"eps": 1e-5},
    "eps 1e-12": {"eps": 1e-12},
    "pixels from -1 to 1": lambda levels: levels / 127.5 - 1,
    "blue first, red last": lambda levels: pixels(levels[..., ::-1]),
}


def measure(wrong):
    """How far the logits are, how many images are read, where it begins; None: shapes notice."""
    changed, prepare = ({}, wrong) if callable(wrong) else (wrong, pixels)
    table = {ours: (name, changed.get(ours, how)) for ours, (name, how) in TABLE.items()}
    options = {name: value for name, value in changed.items() if name not in TABLE}
    try:
        model = read_model(table, replace(config, **options))
    except ValueError:
        return None
    seen = prepare(levels)
    said, passed = model.logits(seen), model.features(seen[:1])
    differs = [apart(ours[0], timms) > 1e-10 for ours, timms in zip(passed, tokens, strict=True)]
    place = ("embed", "block 0", "block 1", "head")[[*differs, True].index(True)]  # the first
    return apart(said[:4], logits), (said.argmax(axis=1) == labels).mean(), place


_, right, _ = measure({})
print(f"{'no mistake':30}{of_model:8.0e}{right:8.1%}")
found = {mistake: measure(wrong) for mistake, wrong in MISTAKES.items()}
for mistake, seen in found.items():
    said = "{:8.0e}{:8.1%}  from {}".format(*seen) if seen else "the shapes don't fit"
    print(f"{mistake:30}{said}")
noticed = [mistake for mistake, seen in found.items() if seen is None]
silent = [name for name, seen in found.items() if seen and abs(seen[1] - right) < 0.01]
plain = [name for name in found if name not in noticed + silent]
print(f"noticed {len(noticed)}, plain {len(plain)}, silent {len(silent)}: {', '.join(silent)}")
assert len(noticed) == 2 and silent == ["8 heads", "GELU with tanh", "eps 1e-5", "eps 1e-12"]
assert min(found[name][0] for name in silent) > 1e-5 and 0.05 < found["8 heads"][0] < 0.1
print(f"variance of cls in front of block 0, to which eps is added: {tokens[0, 0].var():.0e}")

# %% [markdown]
# Three kinds of mistake. Two are *noticed* by the shapes. Nine are *plain*: fewer images are read
# right, 92 % or only as many as by guessing, so whoever knows what accuracy to expect finds them,
# and the place where the tokens first differ says which rows of the table to look at. Four are
# *silent*: with 8 heads the logits are 8 % off, and as many images are read right as before. So
# accuracy is no proof. For a few images, compare logits with those of the library that made the
# file.
#
# How close must they be? Here rounding in float32 leaves less than 1e-5, and each mistake more; in
# float64 they can't be confused. How much a mistake does depends on the weights: eps counts where
# the variance is small, and another model may well suffer from 8 heads.
#
# ## A picture to keep


# %%
def draw(figure):
    """Of fifteen mistakes in reading a file the shapes notice two, and accuracy nine; four change
    the logits, from a part in 100,000 to 8 %, and leave the accuracy as it was."""
    far, read = figure.subplots(1, 2, sharey=True, width_ratios=(1.5, 1))
    bars = {"no mistake": (of_model, right), **found}
    order = sorted(bars, key=lambda name: (bars[name] or (np.inf,))[0])
    looks = {"no mistake": ("#777777", ["no mistake"]), "silent": ("#d55e00", silent)}
    for kind, (colour, names) in {**looks, "plain": ("#0072b2", plain)}.items():
        rows = [order.index(name) for name in names]
        far.barh(rows, [bars[name][0] for name in names], color=colour)
        read.barh(rows, [100 * bars[name][1] for name in names], color=colour, label=kind)
    for name in noticed:
        far.text(1.5e-16, order.index(name), "the shapes don't fit", va="center")
    far.axvline(1e-5, color="#333333", ls=":")
    far.text(7e-6, 0, "rounding in float32 stays left of this line", va="center", ha="right")
    far.set(xscale="log", xlim=(1e-16, 9), ylim=(-0.6, len(order) - 0.4))
    far.set(title="how far off", xlabel="logits apart from timm's, of the largest")
    far.set_yticks(range(len(order)), order)
    read.set(title="what is read right", xlabel="% of 400 test images", xlim=(0, 100))


keep_picture(draw, "18_mistakes.png", 12, 5)

# %% [markdown]
# ## Exercises
#
# **18.1 Predict what the shapes notice.** Somebody transposes nothing: the kernel of the patches
# goes in as (D, channels P P), every other matrix as PyTorch has it. For which `names` does a shape
# not fit? Two sets of them: `of_S` for S/16 (D 384, M 1536), `of_B` for B/16 (D 768, M 3072), both
# with P = 16, three channels and 1000 classes. Roughly 2 lines.

# %%
names = ("patches", "qkv", "proj", "fc1", "fc2", "head")
### BEGIN SOLUTION
of_S = {"patches", "qkv", "fc1", "fc2", "head"}
of_B = {"qkv", "fc1", "fc2", "head"}  # 16 x 16 x 3 = 768 = D: patches are square, too
### END SOLUTION
for variant, said in (("S/16", of_S), ("B/16", of_B)):
    c = minivit.variant(variant)
    rows = (c.pixels, c.width, c.width, c.width, c.mlp, c.width)
    columns = (c.width, 3 * c.width, c.width, c.mlp, c.width, c.classes)
    true = {name for name, i, o in zip(names, rows, columns, strict=True) if i != o}
    assert set(said) == true, f"{variant}: look again at {sorted(true ^ set(said))}: a square?"
print("18.1 is right")

# %% [markdown]
# **18.2 Google's layout.** Its matrices are (in, out), and the heads have an axis of their own. A
# block has `query/kernel`, `key/kernel` and `value/kernel` (D, H, K), each with a `bias` (H, K),
# and `out/kernel` (H, K, D). Make ours of these: w_qkv (D, 3 H K), b_qkv (3 H K,) and w_out
# (H K, D). Roughly 5 lines.


# %%
def from_google(arrays):
    """{"query/kernel": ..., "query/bias": ..., ...} -> w_qkv, b_qkv, w_out"""
    ### BEGIN SOLUTION
    D = len(arrays["query/kernel"])
    w_qkv = [arrays[f"{name}/kernel"].reshape(D, -1) for name in ("query", "key", "value")]
    b_qkv = [arrays[f"{name}/bias"].reshape(-1) for name in ("query", "key", "value")]
    w_out = arrays["out/kernel"].reshape(-1, D)
    return np.concatenate(w_qkv, axis=1), np.concatenate(b_qkv), w_out
    ### END SOLUTION


start = "Transformer/encoderblock_1/MultiHeadDotProductAttention_1/"
google = written(GOOGLES_TABLE, config, model.parameters)  # our model, as the library writes it
google = {name.removeprefix(start): a for name, a in google.items() if name.startswith(start)}
for made, name in zip(from_google(google), ("w_qkv", "b_qkv", "w_out"), strict=True):
    true = model.parameters[f"blocks.1.attention.{name}"]
    assert made.shape == true.shape, f"{name} is {true.shape}, yours is {made.shape}"
    order = "axes h, k, then d" if name == "w_out" else "columns: all queries, keys, values"
    assert np.array_equal(made, true), f"{name} has its numbers elsewhere ({order})"
print("18.2 is right")

# %% [markdown]
# **18.3 Fold the pixels in.** Our data sets hand out x from -1 to 1. The model wants (p - mean) /
# std of p = (x + 1) / 2, and mean and std differ from channel to channel. Derive a matrix and a
# bias for the patches that make of x what `embed.w` and `embed.b` make of that. Roughly 3 lines.


# %%
def fold(w, b, mean, std):
    """w (P P channels, D), b (D,), mean and std (channels,) -> a new w, a new b"""
    ### BEGIN SOLUTION
    scale, shift = 0.5 / std, (0.5 - mean) / std  # (p - mean) / std = scale x + shift
    scale, shift = (np.tile(each, len(w) // len(mean)) for each in (scale, shift))  # for each row
    return scale[:, None] * w, b + shift @ w
    ### END SOLUTION


w, b = model.parameters["embed.w"], model.parameters["embed.b"]
folded, (new_w, new_b) = read_model(TABLE, config), fold(w, b, mean, std)
grey = np.tile((0.5 - mean) / std, P * P)  # what a patch of x = 0 is for the model
assert new_w.shape == w.shape and new_b.shape == b.shape, "the shapes stay"
hint = f"row r of w meets channel r modulo {channels}"
assert np.allclose(new_b, grey @ w + b), f"the bias is what x = 0 makes of a token; {hint}"
folded.parameters["embed.w"], folded.parameters["embed.b"] = new_w, new_b
far = apart(folded.logits(levels[:4] / 127.5 - 1), logits)
assert far < 1e-10, f"logits {far:.0e} apart: how far does p go from x = -1 to 1? {hint}"
print("18.3 is right")
