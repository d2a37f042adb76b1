const encoder = new TextEncoder();
let buffer = new Uint8Array(256);

/** Murmur3 (x86, 32 bit) of a text's UTF-8 bytes. After Austin Appleby's MurmurHash3, which is in the public domain. */
export function murmur3(text: string, seed: number): number {
  if (buffer.length < text.length * 3) buffer = new Uint8Array(text.length * 6);
  const length = encoder.encodeInto(text, buffer).written;
  let hash = seed | 0;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    const word = buffer[at] | (buffer[at + 1] << 8) | (buffer[at + 2] << 16) | (buffer[at + 3] << 24);
    hash ^= scramble(word);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let i = length - 1; i >= at; i--) tail = (tail << 8) | buffer[i];
  hash ^= scramble(tail) ^ length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function scramble(word: number): number {
  const product = Math.imul(word, 0xcc9e2d51);
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
}
