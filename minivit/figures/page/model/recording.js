// Arrays that were recorded in half precision, each unpacked when it is first asked for.
// (minivit/figures/page/recording.py)
//
//     x = 2^exponent half,   half = sign (1 + mantissa / 1024) 2^(power - 15)

// told: a list of {image, name, gradient, shape, exponent}; bits_of(i): the halves of the i-th, a
// Uint16Array.
class Recording {
  constructor(told, bits_of) {
    Object.assign(this, { told, bits_of });
  }

  // The parameters that were recorded: those of no image.
  parameters() {
    const found = {};
    for (const { image, name } of this.told)
      if (image === null) define_lazily(found, name, () => this.find(null, name));
    return found;
  }

  find(image, name, gradient = false) {
    const at = this.told.findIndex(
      (one) => one.image === image && one.name === name && one.gradient === gradient,
    );
    const { shape, exponent } = this.told[at];
    return tensor(shape, unpacked_halves(this.bits_of(at), exponent));
  }
}

function unpacked_halves(bits, exponent) {
  const powers = range(32).map((power) => 2 ** (Math.max(power, 1) - 25 + exponent));
  powers[31] = NaN;
  const numbers = new Float64Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const power = (bits[i] >> 10) & 31;
    const size = ((bits[i] & 1023) + (power ? 1024 : 0)) * powers[power];
    numbers[i] = bits[i] & 0x8000 ? -size : size;
  }
  return numbers;
}

// A property that is worked out when it is first asked for.
function define_lazily(object, name, make) {
  const given = { enumerable: true, configurable: true };
  Object.defineProperty(object, name, {
    ...given,
    get() {
      const value = make();
      Object.defineProperty(object, name, { ...given, value });
      return value;
    },
  });
}
