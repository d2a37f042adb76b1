/** The bits of the IEEE 754 half that is nearest to a 32-bit float; of two, the even one. Beyond 65504 it is an infinity. */
export function toHalf(value: number): number {
  single[0] = value;
  const sign = (bits[0] >>> 16) & 0x8000;
  const magnitude = bits[0] & 0x7fff_ffff;
  if (magnitude > 0x7f80_0000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x4780_0000) return sign | 0x7c00; // 65536 and more
  if (magnitude < 0x3880_0000) return sign | nearestEven(Math.abs(single[0]) * 2 ** 24); // below 2^-14: multiples of 2^-24
  // The exponent's bias is 127 there and 15 here, the fraction has 13 bits more there.
  return sign | ((magnitude + 0xfff + ((magnitude >>> 13) & 1) - 0x3800_0000) >>> 13);
}

/** The values of halves. */
export function fromHalves(halves: Uint16Array): Float32Array {
  const values = halfValues();
  const result = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) result[i] = values[halves[i]];
  return result;
}

const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);
let known: Float32Array | undefined;

/** All 65536 of them: a look-up is what a file's millions of numbers need. */
function halfValues(): Float32Array {
  known ??= Float32Array.from({ length: 65536 }, (_, half) => {
    const sign = half < 0x8000 ? 1 : -1;
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
  });
  return known;
}

function nearestEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
