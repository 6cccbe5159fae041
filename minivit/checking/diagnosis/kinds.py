"""Causes that show in the kind of a fault, and not in the numbers."""

from minivit.checking.diagnosis.named import LAW, Named


def of_kind(kind: str, part: str, sentence: str, dtype: str) -> Named | None:
    """The cause that a fault tells by its kind; `dtype` is that of the inputs."""
    if kind == "dtype":
        is_lower = "float16" in sentence or (dtype == "float64" and "float128" not in sentence)
        return DTYPE["float64" if is_lower else "float32"]
    if kind == "written":
        return WRITTEN["dy" if sentence.endswith("into dy") else "input"]
    if kind == "form":
        return of_form(part, sentence)
    return KINDS.get(kind)


def of_form(part: str, sentence: str) -> Named:
    """The cause where what came is no array, no pair, or another number of gradients."""
    if part == "backward" and "returned None" in sentence:
        return NOTHING
    if part in ("forward", "backward"):
        return NO_PAIR if part == "forward" else WRONG_COUNT
    return NO_GRADIENT if "None, for" in sentence else NO_ARRAY


def of_exception(sentence: str) -> Named | None:
    """What NumPy says of shapes that do not fit together."""
    words = "broadcast", "mismatch", "not aligned", "reshape"
    return SHAPES if any(word in sentence for word in words) else None


DTYPE = {
    "float32": Named(
        "dtype-promoted", "a float64 came in on the way: float32 and float64 give float64",
        "Look for numbers that NumPy makes itself: np.sqrt of a Python number, np.zeros without a "
        "dtype, np.vectorize, float(...), a table, an option in float64.",
        f"dtype in = dtype out ({LAW})"),
    "float64": Named(
        "dtype-lowered",
        "the numbers are turned into float32 on the way, and lose half their digits",
        "Look for astype and dtype= in your function: which dtype has the input?",
        f"dtype in = dtype out ({LAW})"),
}  # fmt: skip
WRITTEN = {
    "input": Named(
        "input-overwritten", "an array that belongs to the caller is changed",
        "Which of +=, -=, *=, out= and x[...] = works on an array that was handed in?",
        f"an op writes into none of its arguments ({LAW})"),
    "dy": Named(
        "upstream-overwritten", "dy, which belongs to the caller, is changed",
        "Which of +=, -=, *=, out= and dy[...] = works on dy itself?",
        f"an op writes into none of its arguments ({LAW})"),
}  # fmt: skip
KINDS = {
    "overwritten": Named(
        "result-overwritten", "an array that was returned before is changed: the caller holds it",
        "Is an array of the cache returned as y, too? Which of +=, *=, out= and c[...] = works on "
        "it?", f"an op changes nothing that the caller holds ({LAW})"),
    "shared": Named(
        "memory-shared", "two of the arrays are one: whoever adds to one changes the other",
        "NumPy's reshape, transpose and [...] give views. Where do you return one, or dy itself?",
        f"a gradient shares memory with nothing ({LAW})"),
    "repeated": Named(
        "second-call-differs", "called twice on the same dy and cache, the backward differs",
        "Which of +=, *=, out= and c[...] = works on an array of the cache, or on one that "
        "outlives the call?", f"a backward writes into none of its arguments ({LAW})"),
    "state": Named(
        "state-kept", "something is kept from one call to the next",
        "Call the forward on two inputs, then both backwards: what outlives a call in your file?",
        f"all that the backward needs is in the cache ({LAW})"),
}  # fmt: skip
WRONG_COUNT = Named(
    "wrong-count", "the backward returns another number of gradients than the forward has inputs",
    "Which arrays does the forward take, and in which order?",
    f"one gradient per input, in the same order ({LAW})")  # fmt: skip
NOTHING = Named(
    "nothing-returned", "the backward returns nothing", "Does its last line say return?",
    f"one gradient per input, in the same order ({LAW})")  # fmt: skip
NO_PAIR = Named(
    "no-pair", "the forward does not return a pair",
    "What must the backward remember? Return that beside y.",
    f"y, cache = forward(...) ({LAW})")  # fmt: skip
NO_ARRAY = Named(
    "no-array", "a result is no array of floats",
    "Print type(...) and the dtype of what you return.",
    f"arrays in, arrays out ({LAW})")  # fmt: skip
NO_GRADIENT = Named(
    "absent-input", "an input that was left out (None) gets a gradient",
    "What is the gradient of something that isn't there?",
    f"an absent input gets None ({LAW})")  # fmt: skip
ANOTHER_CACHE = Named(
    "another-cache", "a backward that stands alone gets the cache of minivit's own forward",
    "`minivit check --caches` prints the fields of each op's cache. Or write the forward, too.",
    f"dx, ... = backward(dy, cache) ({LAW})")  # fmt: skip
SHAPES = Named(
    "shapes-do-not-fit", "two arrays meet whose shapes do not fit together",
    "Write the shape beside each line. Which sum should keep its axis (keepdims=True)? Which axes "
    "should be counted from the end?", "shapes as in the docstring of the op")  # fmt: skip
