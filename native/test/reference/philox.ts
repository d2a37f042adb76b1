// Philox4x32-10 with BigInts, from the paper (Salmon et al., SC 2011, §3.3).

const M0 = 0xd2511f53n;
const M1 = 0xcd9e8d57n;
const W0 = 0x9e3779b9n;
const W1 = 0xbb67ae85n;
const U32 = 0xffffffffn;

export type Words = [number, number, number, number];

export function philox(seed: bigint, counter: Words): Words {
  let [c0, c1, c2, c3] = counter.map(BigInt);
  let k0 = seed & U32;
  let k1 = seed >> 32n;
  for (let round = 0; round < 10; round++) {
    const p0 = M0 * c0;
    const p1 = M1 * c2;
    [c0, c1, c2, c3] = [(p1 >> 32n) ^ c1 ^ k0, p1 & U32, (p0 >> 32n) ^ c3 ^ k1, p0 & U32];
    k0 = (k0 + W0) & U32;
    k1 = (k1 + W1) & U32;
  }
  return [Number(c0), Number(c1), Number(c2), Number(c3)];
}
