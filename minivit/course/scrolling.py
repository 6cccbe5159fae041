"""What may be wider than the page scrolls by itself."""


def begin(tag: str, kind: str, name: str) -> str:
    """Opens an element that the keyboard can reach and scroll, and that says what it is."""
    return f'<{tag} class="{kind}" tabindex="0" role="group" aria-label="{name}">'


def scrolling(tag: str, kind: str, name: str, inner: str) -> str:
    return f"{begin(tag, kind, name)}{inner}</{tag}>"
