// Bytes that are written as letters, from # to ~ without <.   (minivit/figures/page/letters.py)
//
//     two letters   13 bits,  91 a + b
//     a last one     6 bits

function bytes_of(text) {
  const letters = text.length;
  const bytes = new Uint8Array(Math.floor(((letters >> 1) * 13 + (letters & 1) * 6) / 8));
  const digit = (i) => {
    const code = text.charCodeAt(i);
    return code < 60 ? code - 35 : code - 36;
  };
  let [held, bits, at] = [0, 0, 0]; // bits that are no whole byte yet
  for (let i = 0; i < letters; i += 2) {
    const is_pair = i + 1 < letters;
    held = is_pair ? (held << 13) | (91 * digit(i) + digit(i + 1)) : (held << 6) | digit(i);
    bits += is_pair ? 13 : 6;
    while (bits >= 8) {
      bits -= 8;
      bytes[at++] = held >> bits;
    }
    held &= 255;
  }
  return bytes;
}
