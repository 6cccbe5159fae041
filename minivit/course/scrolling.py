"""What may be wider than the page scrolls by itself."""


def scrolling(tag: str, kind: str, name: str, inner: str) -> str:
    """An element that the keyboard can reach and scroll, and that says what it is."""
    return f'<{tag} class="{kind}" tabindex="0" role="group" aria-label="{name}">{inner}</{tag}>'
