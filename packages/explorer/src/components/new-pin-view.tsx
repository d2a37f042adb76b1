import type { Info } from '../api.js';
import { readFeatures } from '../features.js';
import { readable } from '../format.js';
import { ask, fresh } from '../state.js';
import { Feed } from './feed.js';

/** A pin that nobody has seen, from what is typed. */
export function NewPinView({ info }: { info: Info }) {
  const [shown, hidden] = [info.features.slice(0, 2), info.features.slice(2)];
  return (
    <article>
      <h1 tabIndex={-1}>A new pin</h1>
      <p class="lead">
        Describe a pin that is not there. The model embeds it without any training, and finds its neighbours.
      </p>
      <form
        class="narrow"
        onSubmit={(event) => {
          event.preventDefault();
          ask(readFeatures(info.features, new FormData(event.currentTarget)));
        }}
      >
        {shown.map((feature) => (
          <Field key={feature.name} feature={feature} />
        ))}
        {hidden.length > 0 && (
          <details>
            <summary>More about it</summary>
            {hidden.map((feature) => (
              <Field key={feature.name} feature={feature} />
            ))}
          </details>
        )}
        <button type="submit">Find its neighbours</button>
      </form>
      <section class="results" aria-live="polite">
        {fresh.state.value.status !== 'none' && (
          <>
            <h2>Nearest pins</h2>
            <Feed of={fresh} />
          </>
        )}
      </section>
    </article>
  );
}

function Field({ feature: { name, kind, separator } }: { feature: Info['features'][number] }) {
  const id = `feature-${name}`;
  return (
    <label htmlFor={id}>
      <span>
        {readable(name)} {kind === 'categories' && <small>several with “{separator}” between</small>}
      </span>
      {kind === 'number' ? (
        <input id={id} name={name} type="number" step="any" />
      ) : (
        <input id={id} name={name} type="text" />
      )}
    </label>
  );
}
