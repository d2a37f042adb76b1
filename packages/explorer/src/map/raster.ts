import { isPlaced, type Size, scales, type View } from './view.js';

/** What a dot of one pin covers of a pixel when it covers all of it. */
const FULL = 8;
/** How much of the ink one dot lets through. */
const SHOWN = 0.42;

/** Radius of a pin's dot, in pixels: smaller the more pins share the frame. */
export function dotRadius(pins: number, { width, height }: Size, zoom: number): number {
  return Math.min(Math.max(0.32 * Math.sqrt((width * height * zoom) / Math.max(pins, 1)), 0.7), 4.5);
}

/**
 * Adds up, for every pixel, how much the dots of all pins cover of it. One pass over the pins and a few pixels each: 100,000 pins take
 * milliseconds, without a graphics card.
 *
 * @param cover [height, width], written over; 255 stands for all that is denser
 */
export function coverage(
  cover: Uint8ClampedArray,
  positions: Uint16Array,
  view: View,
  size: Size,
  radius: number,
): void {
  const { width, height } = size;
  cover.fill(0);
  const { places, shares } = kernel(radius, width);
  const margin = Math.ceil(radius) + 1;
  const scale = scales(size, view.zoom);
  for (let i = 0; i < positions.length; i += 2) {
    const x = Math.round(width / 2 + (positions[i] - view.x) * scale.x);
    const y = Math.round(height / 2 + (positions[i + 1] - view.y) * scale.y);
    if (x < margin || y < margin || x >= width - margin || y >= height - margin || !isPlaced(positions, i / 2))
      continue;
    const place = y * width + x;
    for (let k = 0; k < places.length; k++) cover[place + places[k]] += shares[k];
  }
}

/** Turns coverage into pixels of one colour: the denser, the more opaque. @param pixels [height, width], RGBA */
export function shade(
  pixels: Uint8ClampedArray,
  cover: Uint8ClampedArray,
  [red, green, blue]: [number, number, number],
): void {
  const words = new Uint32Array(pixels.buffer, pixels.byteOffset, cover.length);
  const shades = new Uint32Array(256);
  const bytes = new Uint8ClampedArray(shades.buffer);
  for (let amount = 0; amount < 256; amount++) {
    bytes.set([red, green, blue, 255 * (1 - (1 - SHOWN) ** (amount / FULL))], 4 * amount);
  }
  for (let i = 0; i < cover.length; i++) words[i] = shades[cover[i]];
}

/** The pixels of a dot, as places relative to its middle, and how much of each it covers, of FULL. */
function kernel(radius: number, width: number): { places: Int32Array; shares: Uint8Array } {
  const reach = Math.ceil(radius);
  const places: number[] = [];
  const shares: number[] = [];
  for (let dy = -reach; dy <= reach; dy++) {
    for (let dx = -reach; dx <= reach; dx++) {
      const share = Math.round(FULL * Math.min(Math.max(radius + 0.5 - Math.hypot(dx, dy), 0), 1));
      if (share === 0) continue;
      places.push(dy * width + dx);
      shares.push(share);
    }
  }
  return { places: Int32Array.from(places), shares: Uint8Array.from(shares) };
}
