// GELU: x times the chance that a standard normal variable is smaller.   (minivit/ops/gelu.py)
//
//     gelu(x) = x Phi(x),   Phi(x) = (1 + erf(x / sqrt(2))) / 2
//
// "tanh":  Phi(x) = (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2

const FAR = 40; // beyond +-40 Phi is 0 or 1 to the last bit, in both forms
const TANH_SCALE = Math.sqrt(2 / Math.PI);
const TANH_CUBIC = 0.044715;

// x (...) -> y (...)
function gelu_forward(x, { form }) {
  const bounded = mapped(x, (number) => Math.max(number, -FAR));
  const cdf = mapped(bounded, (number) => normal_cdf(number, form));
  const y = mapped(bounded, (number, i) => number * cdf.data[i]);
  return [y, { x: bounded, cdf, form }];
}

// By the product rule dx = dy (Phi(x) + x Phi'(x))
function gelu_backward(dy, { x, cdf, form }) {
  return mapped(dy, (number, i) => {
    const bounded = Math.min(x.data[i], FAR);
    return number * (cdf.data[i] + bounded * normal_density(bounded, cdf.data[i], form));
  });
}

function normal_cdf(x, form) {
  if (form === "erf") return 0.5 * (1 + erf(x * Math.sqrt(0.5)));
  const bounded = Math.min(x, FAR);
  return 0.5 * (1 + Math.tanh(TANH_SCALE * (bounded + TANH_CUBIC * bounded ** 3)));
}

// Phi'(x): the normal density, or the slope of the tanh form.
function normal_density(x, cdf, form) {
  if (form === "erf") return Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
  const t = 2 * cdf - 1;
  return 0.5 * (1 - t * t) * (TANH_SCALE * (1 + 3 * TANH_CUBIC * x * x));
}

// erf(x) is odd, and 1 - exp(-a^2) q(a) of a = |x|, where q is nearly a polynomial in u, which runs
// from 1 to -1 as a runs from 0 to LAST.
function erf(x) {
  const a = Math.min(Math.abs(x), LAST);
  const low = HALF_WAY / (HALF_WAY + LAST);
  const u = (HALF_WAY / (HALF_WAY + a) - (1 + low) / 2) * (2 / (1 - low));
  let q = 0;
  for (let i = ERF_COEFFICIENTS.length - 1; i >= 0; i--) q = q * u + ERF_COEFFICIENTS[i];
  const size = 1 - Math.exp(-a * a) * q;
  return x < 0 ? -size : size;
}

const HALF_WAY = 2;
const LAST = 6; // beyond |x| = 6 erf is 1 to the last bit
const ERF_COEFFICIENTS = [
  0.3785374169292397,
  0.42218758361345543,
  0.16940759095451483,
  0.03299342947741274,
  -0.0016702444051509262,
  -0.0016653643582854186,
  0.00013358427452278408,
  0.00010054183091318992,
  -2.270018837024461e-05,
  -4.2708281924319635e-06,
  2.8382355953669358e-06,
  -2.830591893742071e-07,
  -1.9856137393952318e-07,
  8.754703254740697e-08,
  -6.321658331312628e-09,
  -8.30799475998471e-09,
  3.2556080872094926e-09,
  1.8457955631770586e-10,
  -2.7265693796308417e-10,
];
