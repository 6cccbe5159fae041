"""What a page holds as letters, read with the numbers as Python writes them: slow, and simple."""

LETTERS = "".join(map(chr, range(ord("#"), ord("~") + 1))).replace("<", "")


def from_letters(text: str) -> bytes:
    """The bytes that these letters stand for: two are 13 bits, a last one alone is 6."""
    digits = [LETTERS.index(one) for one in text]
    pairs = zip(digits[::2], digits[1::2], strict=False)
    bits = "".join(f"{91 * a + b:013b}" for a, b in pairs)
    if len(digits) % 2:
        bits += f"{digits[-1]:06b}"
    return bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits) // 8 * 8, 8))
