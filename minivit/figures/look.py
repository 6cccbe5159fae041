"""How all drawings look: their resolution, and the colours of words and lines."""

DPI = 150
INK, QUIET = "#222222", "#777777"
