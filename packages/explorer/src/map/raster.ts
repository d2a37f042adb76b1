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
  const dot = kernel(radius);
  const places = Int32Array.from(dot, ({ dx, dy }) => dy * width + dx);
  const shares = Uint8Array.from(dot, ({ share }) => share);
  const margin = Math.ceil(radius) + 1;
  const scale = scales(size, view.zoom);
  for (let i = 0; i < positions.length; i += 2) {
    const x = Math.round(width / 2 + (positions[i] - view.x) * scale.x);
    const y = Math.round(height / 2 + (positions[i + 1] - view.y) * scale.y);
    if (!isPlaced(positions, i / 2)) continue;
    if (x >= margin && y >= margin && x < width - margin && y < height - margin) {
      const place = y * width + x;
      for (let k = 0; k < places.length; k++) cover[place + places[k]] += shares[k];
    } else if (x >= -margin && y >= -margin && x < width + margin && y < height + margin) {
      for (const { dx, dy, share } of dot) {
        const inside = x + dx >= 0 && x + dx < width && y + dy >= 0 && y + dy < height;
        if (inside) cover[(y + dy) * width + x + dx] += share;
      }
    }
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

/** The pixels of a dot, from its middle, and how much of each it covers, of FULL. */
function kernel(radius: number): { dx: number; dy: number; share: number }[] {
  const reach = Math.ceil(radius);
  const steps = Array.from({ length: 2 * reach + 1 }, (_, i) => i - reach);
  const covered = (distance: number) => Math.round(FULL * Math.min(Math.max(radius + 0.5 - distance, 0), 1));
  return steps
    .flatMap((dy) => steps.map((dx) => ({ dx, dy, share: covered(Math.hypot(dx, dy)) })))
    .filter(({ share }) => share > 0);
}
