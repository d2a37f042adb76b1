import type { Info } from '../api.js';
import { count } from '../format.js';

export function HomeView({ info }: { info: Info }) {
  const facts = { pins: info.pins, boards: info.boards, edges: info.edges };
  return (
    <section class="home">
      <h1 tabIndex={-1}>{info.name}</h1>
      <p class="lead">
        Search a pin, or choose one on the map, to see what is near it: by what the model has learned, by walks over the
        graph, and by content.
      </p>
      <dl class="facts">
        {Object.entries(facts).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{count(value)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
