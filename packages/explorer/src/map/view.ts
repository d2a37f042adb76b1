/** Coordinates of the map's file are from 0 to 65,535. */
export const SIDE = 2 ** 16;
/** The coordinates of a pin that was removed: no other has these. */
const NOWHERE = SIDE - 1;
const [LEAST, MOST] = [0.8, 120];

/** What of the map is seen: the place in the middle of the frame, in the map's coordinates, and how much larger than to fit. */
export interface View {
  x: number;
  y: number;
  zoom: number;
}

export interface Size {
  width: number;
  height: number;
}

export const WHOLE: View = { x: SIDE / 2, y: SIDE / 2, zoom: 1 };

/** Pixels a unit of the map, on each axis. Axes mean nothing by themselves, so the map stretches a little to fill its frame. */
export function scales({ width, height }: Size, zoom: number): { x: number; y: number } {
  const unit = (own: number, other: number) => (zoom * Math.min(own, 1.5 * other)) / SIDE;
  return { x: unit(width, height), y: unit(height, width) };
}

/** Whether a pin is on the map: not when it was removed before the map came, or added after. */
export function isPlaced(positions: Uint16Array, row: number): boolean {
  return 2 * row < positions.length && positions[2 * row] !== NOWHERE;
}

/** Where a place of the map is in the frame. */
export function toScreen(view: View, size: Size, x: number, y: number): { x: number; y: number } {
  const scale = scales(size, view.zoom);
  return { x: size.width / 2 + (x - view.x) * scale.x, y: size.height / 2 + (y - view.y) * scale.y };
}

/** The view after the map was moved by some pixels. */
export function moved(view: View, size: Size, dx: number, dy: number): View {
  const scale = scales(size, view.zoom);
  return { ...view, x: onMap(view.x - dx / scale.x), y: onMap(view.y - dy / scale.y) };
}

/** The view after zooming so that what is under a point of the frame stays there. */
export function zoomed(view: View, size: Size, factor: number, at: { x: number; y: number }): View {
  const zoom = Math.min(Math.max(view.zoom * factor, LEAST), MOST);
  const [before, after] = [scales(size, view.zoom), scales(size, zoom)];
  const [dx, dy] = [at.x - size.width / 2, at.y - size.height / 2];
  return {
    x: onMap(view.x + dx / before.x - dx / after.x),
    y: onMap(view.y + dy / before.y - dy / after.y),
    zoom,
  };
}

/** Part of the way from one view to another. */
export function between(from: View, to: View, share: number): View {
  const mix = (a: number, b: number) => a + (b - a) * share;
  return { x: mix(from.x, to.x), y: mix(from.y, to.y), zoom: from.zoom * (to.zoom / from.zoom) ** share };
}

/** The pin nearest to a point of the frame, within `reach` pixels; -1 when there is none. */
export function nearest(
  positions: Uint16Array,
  view: View,
  size: Size,
  at: { x: number; y: number },
  reach: number,
): number {
  const scale = scales(size, view.zoom);
  const [x, y] = [view.x + (at.x - size.width / 2) / scale.x, view.y + (at.y - size.height / 2) / scale.y];
  let best = -1;
  let least = reach * reach;
  for (let pin = 0; 2 * pin < positions.length; pin++) {
    const distance = ((positions[2 * pin] - x) * scale.x) ** 2 + ((positions[2 * pin + 1] - y) * scale.y) ** 2;
    if (distance < least && isPlaced(positions, pin)) {
      least = distance;
      best = pin;
    }
  }
  return best;
}

function onMap(value: number): number {
  return Math.min(Math.max(value, 0), SIDE);
}
