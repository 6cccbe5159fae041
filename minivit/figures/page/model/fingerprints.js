// Signed sums of an array, by which a page sees that it computes what minivit computed.
// (minivit/figures/page/fingerprints.py)
//
//     sum_s = sum_i sign_s(i) x_i,   s = 0 .. 3
//
// A wrong number changes all four by what it is wrong, whatever its place; the signs are those of a
// hash of i, so that no pattern of errors cancels out.

const SUMS = 4;

function signed_sums(data) {
  const sums = [0, 0, 0, 0];
  for (let i = 0; i < data.length; i++) {
    const bits = hashed(i);
    for (let s = 0; s < SUMS; s++) sums[s] += (bits >>> s) & 1 ? -data[i] : data[i];
  }
  return sums;
}

// A whole number of 32 bits, mixed (the end of MurmurHash3, by Appleby, in the public domain).
function hashed(i) {
  let bits = (i + 0x9e3779b9) | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

// How far a trace is from what minivit found: {count, worst, name}. `count` numbers were compared,
// `worst` is the largest difference of two sums, as a part of the array's length (its 2-norm).
// `told` has of "values" and "gradients" the numbers of all arrays, by their names from a to z.
function compared(trace, told) {
  const found = { count: 0, worst: 0, name: "" };
  for (const [kind, numbers] of Object.entries(told)) {
    const names = Object.keys(trace[kind]).sort();
    if (numbers.length !== names.length * (SUMS + 1)) return { ...found, worst: Infinity };
    for (const [i, name] of names.entries()) {
      const [norm, ...sums] = numbers.slice(i * (SUMS + 1), (i + 1) * (SUMS + 1));
      const { data } = trace[kind][name];
      found.count += data.length;
      signed_sums(data).forEach((sum, s) => {
        const off = norm ? Math.abs(sum - sums[s]) / norm : Math.abs(sum);
        if (!(off <= found.worst)) Object.assign(found, { worst: off, name });
      });
    }
  }
  return found;
}
