"""Formulas as MathML, which browsers draw themselves."""

import html


def latex(formula: str, *, block: bool = False) -> str:
    """A formula written in LaTeX; as it was written, where latex2mathml is not installed."""
    try:
        from latex2mathml.converter import convert
    except ImportError:
        return f"<code>{html.escape(formula, quote=False)}</code>"
    try:
        return convert(formula, display="block" if block else "inline")
    except Exception:  # of whatever kind: a formula that it can't read is shown as it stands
        return f"<code>{html.escape(formula, quote=False)}</code>"
