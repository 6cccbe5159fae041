"""Clipping by the global norm."""


def clip_scale(norm: float, largest: float) -> float:
    """The factor that brings a gradient of length `norm` down to at most `largest`.

    min(1, largest / norm) (Pascanu et al. 2013, algorithm 1).
    """
    return min(1.0, largest / norm) if norm > 0 else 1.0
