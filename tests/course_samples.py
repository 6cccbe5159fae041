"""A small lesson, made up: what the course's tests read, write and run."""

LESSON = """\
# %% [markdown]
# # Lesson 7: sums, and *why*
#
# *25 minutes; builds on lessons 2 and 5.*
#
# **The question.** What is 1 < 2 & so on? See `a * b`, $x^2$ and [lesson 5](05_layernorm.py).
#
# | letter | meaning |
# |---|---|
# | B | images |

# %%
from pathlib import Path

total = 1 + 2  # a comment
print(f"the sum is {total}")

# %% [markdown]
# ## By hand
#
# - one
#   more of one
# - two
#
#     y = x w + b        (1)

# %%
from PIL import Image

out = Path("out")
out.mkdir(exist_ok=True)
Image.new("RGB", (4, 2)).save(out / "07_black.png")
print("before")
print(f"Nothing but black: {out / '07_black.png'}")

# %% [markdown]
# ## Exercises
#
# **7.1 Add "two" numbers.** One line.


# %%
def add(a, b):
    ### BEGIN SOLUTION
    c = a + b
    return c
    ### END SOLUTION


assert add(1, 2) == total, "it is no sum"
print("7.1 is right")

# %% [markdown]
# **7.2 Predict
# the shape** of what is above.

# %%
### BEGIN SOLUTION
prediction = (1, 2)
### END SOLUTION

# %%
for i in range(2):
    len(prediction)
assert prediction == (1, 2)
print("7.2 is right")
"""
