// Float32 numbers whose exponents stand behind them in few bits.   (minivit/figures/page/floats.py)

function unpacked_floats(bytes) {
  const [lowest, bits] = bytes;
  const count = Math.floor((8 * (bytes.length - 2)) / (24 + bits));
  const words = new Uint32Array(count);
  let [held, left, at] = [0, 0, 2 + 3 * count];
  for (let i = 0; i < count; i++) {
    if (left < bits) {
      held = ((held & 255) << 8) | bytes[at++];
      left += 8;
    }
    left -= bits;
    const level = (held >> left) & ((1 << bits) - 1);
    const exponent = level && level + lowest - 1;
    const from = 2 + 3 * i;
    const rest = bytes[from] | (bytes[from + 1] << 8) | (bytes[from + 2] << 16);
    words[i] = ((rest >> 23) << 31) | (exponent << 23) | (rest & 0x7fffff);
  }
  return new Float32Array(words.buffer);
}
