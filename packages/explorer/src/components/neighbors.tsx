import type { PinPage, ScoredPin } from '../api.js';
import { cosine, count } from '../format.js';
import { card } from '../state.js';
import { PinTile } from './pin-tile.js';

const WAYS = [
  {
    name: 'embedding',
    title: 'By embedding',
    text: 'What the model has learned from content and graph; cosines of the embeddings.',
    none: '',
    score: cosine,
  },
  {
    name: 'walk',
    title: 'By walk',
    text: 'Where random walks that keep returning to this pin go most; their visits.',
    none: 'No walk leaves this pin: it is on no board that the graph knows.',
    score: count,
  },
  {
    name: 'content',
    title: 'By content',
    text: 'Texts, categories and vectors alone; cosines of the features.',
    none: 'There is no content to compare.',
    score: cosine,
  },
] as const;

/** The three ways to be near, side by side. */
export function Neighbors({ of }: { of: PinPage }) {
  const ids = WAYS.map(({ name }) => new Set(of[name].map((pin) => pin.id)));
  return (
    <section class="ways" aria-label="Neighbours">
      {WAYS.map((way, index) => {
        const pins = of[way.name];
        const most = way.name === 'walk' ? Math.max(...pins.map((pin) => pin.score), 1e-9) : 1;
        const others = (pin: ScoredPin) => WAYS.filter((_, other) => other !== index && ids[other].has(pin.id));
        return (
          <section key={way.name} class="way" data-way={way.name}>
            <h2>{way.title}</h2>
            <p>{way.text}</p>
            {pins.length === 0 && <p class="none">{way.none}</p>}
            <ol>
              {pins.map((pin) => (
                <PinTile
                  key={pin.id}
                  card={card(pin)}
                  score={way.score(pin.score)}
                  share={pin.score / most}
                  note={also(others(pin).map(({ name }) => name))}
                />
              ))}
            </ol>
          </section>
        );
      })}
    </section>
  );
}

function also(names: string[]): string | undefined {
  return names.length > 0 ? `also by ${names.join(' and ')}` : undefined;
}
