import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { PinPage } from '../api.js';
import { percent } from '../format.js';
import { graphLayout } from '../graph-layout.js';
import { address } from '../route.js';
import { card } from '../state.js';

/** N(u) drawn: the pin in the middle, around it the pins that its walks visit most. */
export function Neighborhood({ of }: { of: PinPage }) {
  const width = useSignal(560);
  const over = useSignal(-1);
  const frame = useRef<HTMLDivElement>(null);
  const pins = of.neighborhood;
  useEffect(() => {
    if (frame.current === null) return;
    const observer = new ResizeObserver(([entry]) => {
      width.value = Math.max(Math.round(entry.contentRect.width), 200);
    });
    observer.observe(frame.current);
    return () => observer.disconnect();
  }, [pins.length > 0]);
  if (pins.length === 0) return null;
  const size = { width: width.value, height: Math.min(Math.round(0.8 * width.value), 400) };
  const nodes = graphLayout(
    pins.map((pin) => pin.score),
    size,
  );
  const [x, y] = [size.width / 2, size.height / 2];
  const point = (index: number) => ({
    class: over.value === index ? 'over' : undefined,
    onPointerEnter: () => {
      over.value = index;
    },
    onPointerLeave: () => {
      over.value = -1;
    },
  });
  return (
    <section class="hood">
      <h2>The neighbourhood that the model reads</h2>
      <p>
        N(u): the pins that short walks from this one visit most, and their weights. A convolution takes their mean with
        these weights.
      </p>
      <div class="sides">
        <div ref={frame}>
          <svg
            viewBox={`0 0 ${size.width} ${size.height}`}
            role="img"
            aria-label={`${pins.length} neighbours by weight; the list has them`}
          >
            {nodes.map((node, index) => (
              <line
                key={pins[index].id}
                x1={x}
                y1={y}
                x2={node.x}
                y2={node.y}
                stroke-width={node.width}
                {...point(index)}
              />
            ))}
            <circle class="middle" cx={x} cy={y} r={16} />
            {nodes.map((node, index) => (
              <a
                key={pins[index].id}
                href={address({ view: 'pin', id: pins[index].id })}
                tabIndex={-1}
                {...point(index)}
              >
                <circle cx={node.x} cy={node.y} r={node.radius} />
                <text x={node.x} y={node.y}>
                  {index + 1}
                </text>
                <title>{card(pins[index]).title}</title>
              </a>
            ))}
          </svg>
        </div>
        <ol>
          {pins.map((pin, index) => (
            <li key={pin.id} {...point(index)}>
              <a href={address({ view: 'pin', id: pin.id })}>{card(pin).title}</a> <span>{percent(pin.score)}</span>
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}
