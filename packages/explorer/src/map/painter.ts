import { coverage, dotRadius, shade } from './raster.js';
import { isPlaced, type Size, toScreen, type View } from './view.js';

/** Pins to be seen among the others. */
export interface Marks {
  chosen?: number;
  near: number[];
  /** Under the pointer. */
  over: number;
}

interface Colors {
  ink: [number, number, number];
  accent: string;
  paper: string;
}

/** Draws the map on a canvas: the dots of all pins, which change with the view only, and above them the marks. */
export class Painter {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  #size: Size = { width: 0, height: 0 };
  #ratio = 1;
  #cover = new Uint8ClampedArray(0);
  #image?: ImageData;
  #painted?: { view: View; positions: Uint16Array };

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d')!;
  }

  /** In pixels of the page. */
  get size(): Size {
    return this.#size;
  }

  /** Takes the canvas's size as it is now. */
  resize(): void {
    const { clientWidth, clientHeight } = this.#canvas;
    this.#ratio = Math.min(window.devicePixelRatio || 1, 2);
    this.#size = { width: clientWidth, height: clientHeight };
    const [width, height] = [
      Math.max(Math.round(clientWidth * this.#ratio), 1),
      Math.max(Math.round(clientHeight * this.#ratio), 1),
    ];
    this.#canvas.width = width;
    this.#canvas.height = height;
    this.#cover = new Uint8ClampedArray(width * height);
    this.#image = new ImageData(width, height);
    this.#painted = undefined;
  }

  /** Colours are read anew. */
  recolor(): void {
    this.#painted = undefined;
  }

  draw(positions: Uint16Array, view: View, marks: Marks): void {
    if (this.#image === undefined) return;
    const colors = this.#colors();
    if (this.#painted?.view !== view || this.#painted.positions !== positions) {
      const { width, height } = this.#image;
      const radius = this.#ratio * dotRadius(positions.length / 2, this.#size, view.zoom);
      coverage(this.#cover, positions, view, { width, height }, radius);
      shade(this.#image.data, this.#cover, colors.ink);
      this.#painted = { view, positions };
    }
    this.#context.setTransform(1, 0, 0, 1, 0, 0);
    this.#context.putImageData(this.#image, 0, 0);
    this.#context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    this.#marks(positions, view, marks, colors);
  }

  #marks(positions: Uint16Array, view: View, { chosen, near, over }: Marks, { accent, paper }: Colors): void {
    const context = this.#context;
    const there = (row: number) => isPlaced(positions, row);
    const place = (row: number) => toScreen(view, this.#size, positions[2 * row], positions[2 * row + 1]);
    const disc = (row: number, radius: number, fill: string, edge: string) => {
      const { x, y } = place(row);
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.fillStyle = fill;
      context.fill();
      context.strokeStyle = edge;
      context.lineWidth = 1.5;
      context.stroke();
    };
    if (chosen !== undefined && there(chosen)) {
      const from = place(chosen);
      context.strokeStyle = accent;
      context.lineWidth = 1;
      for (const row of near.filter(there)) {
        const to = place(row);
        context.beginPath();
        context.moveTo(from.x, from.y);
        context.lineTo(to.x, to.y);
        context.stroke();
      }
      for (const row of near.filter(there)) disc(row, 4.5, accent, paper);
      disc(chosen, 8, paper, accent);
      disc(chosen, 5, accent, accent);
    }
    if (over >= 0) disc(over, 6, paper, accent);
  }

  #colors(): Colors {
    const style = getComputedStyle(this.#canvas);
    const [red, green, blue] = (style.color.match(/[\d.]+/g) ?? ['0', '0', '0']).map(Number);
    return {
      ink: [red, green, blue],
      accent: style.getPropertyValue('--accent').trim(),
      paper: style.getPropertyValue('--card').trim(),
    };
  }
}
