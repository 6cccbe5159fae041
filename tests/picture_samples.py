"""A small picture in every format that Pillow opens: saved by it, or else written by hand."""

import io
import struct
import warnings

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 40, 60
# Modes and options of the formats that can do more than a plain grey or coloured picture.
VARIETIES = [
    *(("PNG", mode, {}) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")),
    ("PNG", "RGBA", {"save_all": True, "frames": 3}),
    ("PNG", "P", {"transparency": 0}),
    *(("TIFF", mode, {}) for mode in ("1", "L", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F")),
    *(("TIFF", "RGB", {"compression": c}) for c in ("tiff_lzw", "tiff_adobe_deflate", "jpeg")),
    ("TIFF", "1", {"compression": "group4"}),
    ("TIFF", "L", {"save_all": True, "frames": 2}),
    *(("JPEG", mode, {}) for mode in ("L", "RGB", "CMYK")),
    ("JPEG", "RGB", {"progressive": True}),
    ("GIF", "RGB", {"save_all": True, "frames": 3}),
    ("GIF", "P", {"transparency": 0}),
    ("WEBP", "RGBA", {"lossless": True}),
    ("WEBP", "RGB", {"save_all": True, "frames": 3}),
    *(("DDS", mode, {}) for mode in ("L", "RGBA")),
    *(("PPM", mode, {}) for mode in ("1", "L", "I", "RGB", "F")),
    ("ICO", "RGBA", {"bitmap_format": "bmp"}),
    *(("TGA", mode, {"compression": "tga_rle"}) for mode in ("L", "RGBA")),
    *(("BMP", mode, {}) for mode in ("1", "P", "RGBA")),
    ("JPEG2000", "RGBA", {}),
    ("AVIF", "RGBA", {}),
    ("AVIF", "RGB", {"save_all": True, "frames": 2}),
]
# Formats that are only known by their first bytes here: nothing comes after them.
MAGIC = {
    "BUFR": b"BUFR",
    "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n{} loop\n%%EOF\n",
    "GRIB": b"GRIB\0\0\0\1",
    "HDF5": b"\x89HDF\r\n\x1a\n",
    "IPTC": b"\x1c\x03\x14\0\2\0\1\x1c\x03\x3c\0\2\1\1\x1c\x08\x0a\0\0",
    "MPEG": b"\0\0\1\xb3\x02\x80\x1e\x13",
    "WMF": b"\xd7\xcd\xc6\x9a\0\0" + struct.pack("<4hH", 0, 0, 99, 99, 72) + bytes(6)
    + b"\x01\x00\t\x00\x00\x03",
}  # fmt: skip


def samples() -> list[tuple[str, bytes]]:
    """(format, content) of each sample."""
    Image.init()
    found = []
    for kind, mode, options in VARIETIES:
        if kind in Image.SAVE:  # AVIF and others are not in every Pillow
            found.append((kind, saved(kind, mode, **options)))
    varied = {kind for kind, _, _ in VARIETIES}
    for kind in sorted(set(Image.SAVE) & set(Image.OPEN) - varied - set(MAGIC)):
        found.append((kind, saved(kind, any_mode(kind))))
    found += by_hand().items()
    return found + [(kind, content + bytes(200)) for kind, content in MAGIC.items()]


def drawn(mode: str) -> Image.Image:
    """A seven."""
    picture = Image.new("L", (WIDTH, HEIGHT), 255)
    ImageDraw.Draw(picture).line([(10, 8), (30, 8), (18, 55)], fill=0, width=6)
    return picture.convert("I").convert(mode) if mode == "I;16" else picture.convert(mode)


def saved(kind: str, mode: str, frames: int = 1, **options) -> bytes:
    file = io.BytesIO()
    if frames > 1:
        options["append_images"] = [drawn(mode).rotate(90 * i) for i in range(1, frames)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # formats that Pillow will drop
        drawn(mode).save(file, kind, **options)
    return file.getvalue()


def any_mode(kind: str) -> str:
    """The first mode that a format can save."""
    for mode in ("RGB", "L", "P", "1", "F"):
        try:
            saved(kind, mode)
        except (OSError, ValueError, KeyError):
            continue
        return mode
    raise ValueError(f"no mode for {kind}")


def by_hand() -> dict[str, bytes]:
    """The formats that Pillow opens and does not save."""
    grey, colour = drawn("L").tobytes(), drawn("RGB").tobytes()
    w, h, pixels = WIDTH, HEIGHT, WIDTH * HEIGHT
    icon = bytearray(saved("ICO", "RGBA", bitmap_format="bmp"))
    icon[2] = 2
    cards = ("SIMPLE  =                    T", "BITPIX  =                    8",
             "NAXIS   =                    2", f"NAXIS1  = {w:20}", f"NAXIS2  = {h:20}",
             "END")  # fmt: skip
    area = [0] * 64
    area[1], area[8], area[9], area[10], area[13], area[33] = 4, h, w, 1, 1, 256
    pixar = bytearray(1024)
    pixar[:4], pixar[416:420] = b"\x80\xe8\0\0", struct.pack("<2H", h, w)
    pixar[424:428] = struct.pack("<2H", 14, 2)
    rows = "".join(f'"{"".join("#" if p else "." for p in grey[y * w : y * w + w])}",\n'
                   for y in range(h))  # fmt: skip
    copy = struct.pack("<IH", 6 + pixels, 16) + grey
    frame = struct.pack("<IHH8x", 16 + len(copy), 0xF1FA, 1) + copy
    movie = struct.pack("<IHHHHHHI", 128 + len(frame), 0xAF11, 1, w, h, 8, 3, 5).ljust(128, b"\0")
    return {
        "CUR": bytes(icon),
        "DCX": struct.pack("<III", 0x3ADE68B1, 12, 0) + saved("PCX", "L"),
        "FITS": "".join(card.ljust(80) for card in cards).ljust(2880).encode() + grey,
        "FLI": movie + frame,
        "FTEX": struct.pack("<9I", 0x58455446, 5, w, h, 1, 1, 1, 36, len(colour)) + colour,
        "GBR": struct.pack(">5I4sI", 32, 2, w, h, 1, b"GIMP", 10) + b"abc\0" + grey,
        "IMT": f"*\nwidth {w}\nheight {h}\n\x0c".encode() + grey,
        "MCIDAS": struct.pack(">64i", *area) + grey,
        "PCD": bytes(2048) + b"PCD_" + bytes(96 * 2048 - 2052 + 768 * 512 * 3 // 2),
        "PIXAR": bytes(pixar) + colour,
        "PSD": struct.pack(">4sH6xHIIHH3IH", b"8BPS", 1, 1, h, w, 8, 1, 0, 0, 0, 0) + grey,
        "SUN": struct.pack(">8I", 0x59A66A95, w, h, 8, pixels, 1, 0, 0) + grey,
        "XPM": f'/* XPM */\nstatic char *a[] = {{\n"{w} {h} 2 1",\n"# c #ffffff",\n". c #000000",\n'
        f"{rows}}};\n".encode(),
        "XVTHUMB": f"P7 332\n#XVVERSION:a\n#END_OF_COMMENTS\n{w} {h} 255\n".encode() + grey,
    }
