// Bytes that are written as letters, from # to ~ without <.   (minivit/figures/page/letters.py)
//
//     two letters   13 bits,  91 a + b
//     a last one     6 bits

function bytes_of(text) {
  const letters = text.length;
  const bytes = new Uint8Array(Math.floor(((letters >> 1) * 13 + (letters & 1) * 6) / 8));
  let [held, bits, at] = [0, 0, 0]; // bits that are no whole byte yet
  for (let i = 0; i + 1 < letters; i += 2) {
    const a = text.charCodeAt(i);
    const b = text.charCodeAt(i + 1);
    held = (held << 13) | (91 * (a < 60 ? a - 35 : a - 36) + (b < 60 ? b - 35 : b - 36));
    for (bits += 13; bits >= 8; bits -= 8) bytes[at++] = held >> (bits - 8);
    held &= 255;
  }
  if (letters & 1) {
    const a = text.charCodeAt(letters - 1);
    bytes[at] = ((held << 6) | (a < 60 ? a - 35 : a - 36)) >> (bits - 2);
  }
  return bytes;
}
