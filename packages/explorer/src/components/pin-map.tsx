import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { failureOf } from '../api.js';
import type { Card } from '../card.js';
import { Painter } from '../map/painter.js';
import { between, isPlaced, moved, nearest, toScreen, type View, WHOLE, zoomed } from '../map/view.js';
import { cardOf, go, marked } from '../state.js';
import { Picture } from './picture.js';

const REACH = 14; // pixels within which the pointer finds a pin
const STEP = 60; // pixels that an arrow key moves the map
const FLIGHT = 350; // ms
const CLOSE = 5; // the zoom at which a chosen pin is shown

/** The map itself: drag, pinch, keys and wheel move it; a click or Enter chooses a pin. */
export function PinMap({ positions }: { positions: Uint16Array }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef<Painter>(null);
  const view = useSignal<View>(WHOLE);
  const over = useSignal(-1);
  const tip = useSignal<Card | undefined>(undefined);
  const pointers = useRef(new Map<number, { x: number; y: number }>()).current;
  const travelled = useRef(0);
  const size = () => painter.current!.size;
  const middle = () => ({ x: size().width / 2, y: size().height / 2 });
  const marks = useComputed(() => ({ ...marked.value, over: over.value }));

  useEffect(() => {
    const made = new Painter(canvas.current!);
    painter.current = made;
    const observer = new ResizeObserver(() => {
      made.resize();
      made.draw(positions, view.value, marks.value);
    });
    observer.observe(canvas.current!);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const recolor = () => {
      made.recolor();
      made.draw(positions, view.value, marks.value);
    };
    scheme.addEventListener('change', recolor);
    return () => {
      observer.disconnect();
      scheme.removeEventListener('change', recolor);
    };
  }, [positions]);

  useEffect(() => {
    const frame = requestAnimationFrame(() => painter.current?.draw(positions, view.value, marks.value));
    return () => cancelAnimationFrame(frame);
  }, [positions, view.value, marks.value]);

  useEffect(() => {
    const row = marked.value.chosen;
    if (row === undefined || !isPlaced(positions, row)) return;
    const to = { x: positions[2 * row], y: positions[2 * row + 1], zoom: Math.max(view.value.zoom, CLOSE) };
    return fly(view.value, to, (at) => {
      view.value = at;
    });
  }, [positions, marked.value.chosen]);

  useEffect(() => {
    tip.value = undefined;
    if (over.value < 0) return;
    let stale = false;
    const timer = setTimeout(
      () =>
        cardOf(over.value).then(
          (card) => {
            if (!stale) tip.value = card;
          },
          (error) => {
            // Such as a pin that was removed since the map came.
            if (!stale) tip.value = { id: '', row: over.value, title: failureOf(error).message, subtitle: '' };
          },
        ),
      60,
    );
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [over.value]);

  // Not an attribute of the element: there a wheel listener is passive and cannot keep the page from scrolling.
  useEffect(() => {
    const element = canvas.current!;
    const turn = (event: WheelEvent) => {
      // A page that is being scrolled past the map goes on: only a map that was chosen takes the wheel.
      if (document.activeElement !== element && !event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoom(Math.exp(-event.deltaY / 300), { x: event.offsetX, y: event.offsetY });
    };
    element.addEventListener('wheel', turn, { passive: false });
    return () => element.removeEventListener('wheel', turn);
  }, []);

  const zoom = (factor: number, at = middle()) => {
    view.value = zoomed(view.value, size(), factor, at);
  };
  const move = (dx: number, dy: number) => {
    view.value = moved(view.value, size(), dx, dy);
  };
  const find = (at: { x: number; y: number }, reach = REACH) => nearest(positions, view.value, size(), at, reach);
  const choose = (row: number) => {
    if (row < 0) return;
    cardOf(row).then(
      ({ id }) => go({ view: 'pin', id }),
      () => {}, // the tip says why
    );
  };

  const drag = (event: PointerEvent) => {
    const now = { x: event.offsetX, y: event.offsetY };
    const before = pointers.get(event.pointerId);
    if (before === undefined) {
      over.value = find(now);
      return;
    }
    travelled.current += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    pointers.set(event.pointerId, now);
    if (other === undefined) {
      move(now.x - before.x, now.y - before.y);
    } else {
      const apart = (point: { x: number; y: number }) => Math.hypot(point.x - other.x, point.y - other.y) || 1;
      zoom(apart(now) / apart(before), { x: (before.x + other.x) / 2, y: (before.y + other.y) / 2 });
      move((now.x - before.x) / 2, (now.y - before.y) / 2);
    }
  };

  const press = (event: KeyboardEvent) => {
    const keys: Record<string, () => void> = {
      ArrowLeft: () => move(STEP, 0),
      ArrowRight: () => move(-STEP, 0),
      ArrowUp: () => move(0, STEP),
      ArrowDown: () => move(0, -STEP),
      '+': () => zoom(1.5),
      '=': () => zoom(1.5),
      '-': () => zoom(1 / 1.5),
      '0': () => {
        view.value = WHOLE;
      },
      Enter: () => choose(find(middle(), Number.POSITIVE_INFINITY)),
    };
    const act = keys[event.key];
    if (act === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
    over.value = find(middle(), Number.POSITIVE_INFINITY);
  };

  return (
    <div class="stage">
      {/* biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: keys go to the map, not to the page. */}
      <canvas
        ref={canvas}
        tabIndex={0}
        role="application"
        aria-label="Map of the pins. Arrow keys move it, plus and minus zoom, 0 shows all, Enter chooses the pin nearest to the middle."
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
          travelled.current = 0;
        }}
        onPointerMove={drag}
        onPointerUp={(event) => {
          pointers.delete(event.pointerId);
          if (travelled.current > 6) return;
          choose(find({ x: event.offsetX, y: event.offsetY }, event.pointerType === 'mouse' ? REACH : 2 * REACH));
        }}
        onPointerCancel={(event) => pointers.delete(event.pointerId)}
        onPointerLeave={() => {
          over.value = -1;
        }}
        onKeyDown={press}
      />
      {tip.value !== undefined && over.value >= 0 && <Tip card={tip.value} {...placeOf(over.value)} />}
      <div class="tools">
        <button type="button" class="icon" aria-label="Zoom in" onClick={() => zoom(1.6)}>
          +
        </button>
        <button type="button" class="icon" aria-label="Zoom out" onClick={() => zoom(1 / 1.6)}>
          −
        </button>
        <button
          type="button"
          class="icon"
          aria-label="Show the whole map"
          onClick={() => {
            view.value = WHOLE;
          }}
        >
          ○
        </button>
      </div>
    </div>
  );

  function placeOf(row: number) {
    return { ...toScreen(view.value, size(), positions[2 * row], positions[2 * row + 1]), width: size().width };
  }
}

function Tip({ card, x, y, width }: { card: Card; x: number; y: number; width: number }) {
  const side = x < width / 2 ? { left: `${x + 14}px` } : { right: `${width - x + 14}px` };
  return (
    <div class="tip" role="status" style={{ ...side, top: `${Math.max(y - 20, 8)}px` }}>
      <Picture card={card} />
      <span>
        <b>{card.title}</b>
        <small>{card.subtitle}</small>
      </span>
    </div>
  );
}

/** Moves from one view to another, at once where people want less motion. Returns what stops it. */
function fly(from: View, to: View, show: (view: View) => void): () => void {
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const begin = performance.now();
  let frame = 0;
  const step = () => {
    const share = still ? 1 : Math.min((performance.now() - begin) / FLIGHT, 1);
    show(share === 1 ? to : between(from, to, 1 - (1 - share) ** 3));
    if (share < 1) frame = requestAnimationFrame(step);
  };
  step();
  return () => cancelAnimationFrame(frame);
}
