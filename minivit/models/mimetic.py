"""A beginning for attention that looks like what training makes of it.

    W_q W_k^T = 0.7 Z + 0.7 I   for each head, of rank K      so a token attends to what is like it
    W_v W_out = 0.4 Z - 0.4 I   for all heads together        and takes away what it has in common

Z is noise N(0, 1/D), another for every head and product; I is the identity. (Trockman and Kolter
2023, "Mimetic initialization of self-attention layers", section 4.) The two factors of a product
come out of its singular value decomposition U S V^T, as U sqrt(S) and sqrt(S) V^T, so they must be
drawn together.
"""

import numpy as np

QUERY_KEY = (0.7, 0.7)  # (of the noise, of the identity)
VALUE_OUT = (0.4, -0.4)


def mimetic_attention(
    heads: int, rng: np.random.Generator, qkv: tuple[int, int], out: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """The shapes of w_qkv (D, 3HK) and w_out (HK, D) -> their values."""
    D, HK = out[1], out[0]
    queries, keys = [], []
    for _ in range(heads):
        q, k = factors(rng, target(rng, D, *QUERY_KEY), HK // heads)
        queries.append(q)
        keys.append(k.T)
    v, w_out = factors(rng, target(rng, D, *VALUE_OUT), HK)
    return np.concatenate([*queries, *keys, v], axis=1), w_out


def mimetic_qkv(rng: np.random.Generator, qkv: tuple[int, int]) -> np.ndarray:
    """The shape of w_qkv (D, 3D) of one head without w_out -> its values: W_v is the product."""
    D = qkv[0]
    q, k = factors(rng, target(rng, D, *QUERY_KEY), D)
    return np.concatenate([q, k.T, target(rng, D, *VALUE_OUT)], axis=1)


def target(rng: np.random.Generator, D: int, noise: float, identity: float) -> np.ndarray:
    """noise Z + identity I, (D, D)."""
    return noise * rng.standard_normal((D, D)) / np.sqrt(D) + identity * np.eye(D)


def factors(
    rng: np.random.Generator, product: np.ndarray, columns: int
) -> tuple[np.ndarray, np.ndarray]:
    """(D, columns) and (columns, D) whose product is the nearest there is to (D, D).

    With more columns than D they are spread over all of them by a random rotation: a column of 0
    on both sides would never learn.
    """
    U, S, V = np.linalg.svd(product)
    rank = min(columns, len(S))
    root = np.sqrt(S[:rank])
    left, right = U[:, :rank] * root, root[:, None] * V[:rank]
    if columns > rank:
        rotation = np.linalg.qr(rng.standard_normal((columns, rank)))[0]  # orthonormal columns
        left, right = left @ rotation.T, rotation @ right
    return left, right
