import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { failureOf } from '../api.js';
import type { Card } from '../card.js';
import { go, searchPins } from '../state.js';
import { Picture } from './picture.js';

const PAUSE = 180; // ms without typing

/** A combo box (WAI-ARIA): the focus stays in the field, arrows go through the pins found, Enter chooses. */
export function Search() {
  const text = useSignal('');
  const found = useSignal<Card[] | undefined>(undefined);
  const problem = useSignal('');
  const active = useSignal(-1);
  const box = useRef<HTMLFormElement>(null);

  useEffect(() => {
    const asked = new AbortController();
    const wanted = text.value.trim();
    if (wanted === '') {
      found.value = undefined;
      return;
    }
    const timer = setTimeout(async () => {
      try {
        found.value = await searchPins(wanted, asked.signal);
        problem.value = '';
      } catch (error) {
        if (asked.signal.aborted) return;
        found.value = [];
        problem.value = failureOf(error).message;
      }
      active.value = -1;
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      asked.abort();
    };
  }, [text.value]);

  useEffect(() => {
    const leave = (event: PointerEvent) => {
      if (!box.current?.contains(event.target as Node)) found.value = undefined;
    };
    document.addEventListener('pointerdown', leave);
    return () => document.removeEventListener('pointerdown', leave);
  }, []);

  const choose = (card: Card | undefined) => {
    if (card === undefined) return;
    found.value = undefined;
    text.value = '';
    go({ view: 'pin', id: card.id });
  };
  const press = (event: KeyboardEvent) => {
    const cards = found.value ?? [];
    if (event.key === 'Escape') {
      found.value = undefined;
    } else if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && cards.length > 0) {
      event.preventDefault();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      active.value = (Math.max(active.value, step === 1 ? -1 : 0) + step + cards.length) % cards.length;
    }
  };
  const open = found.value !== undefined;
  return (
    <search>
      <form
        class="search"
        ref={box}
        onSubmit={(event) => {
          event.preventDefault();
          choose(found.value?.[Math.max(active.value, 0)]);
        }}
        onFocusOut={(event) => {
          if (!box.current?.contains(event.relatedTarget as Node)) found.value = undefined;
        }}
      >
        <input
          type="search"
          // biome-ignore lint/a11y/noRedundantRoles: an input has this role with a datalist only, which this one has not.
          role="combobox"
          list={undefined}
          aria-label="Search a pin by its title"
          aria-expanded={open}
          aria-controls="found"
          aria-autocomplete="list"
          aria-activedescendant={active.value >= 0 ? `found-${active.value}` : undefined}
          placeholder="Search by title"
          autocomplete="off"
          spellcheck={false}
          value={text.value}
          onInput={(event) => {
            text.value = event.currentTarget.value;
          }}
          onKeyDown={press}
        />
        <div id="found" role="listbox" aria-label="Pins found" hidden={!open}>
          {found.value?.map((card, index) => (
            // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field, as a combo box has it.
            // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keys.
            <div
              key={card.id}
              id={`found-${index}`}
              role="option"
              aria-selected={index === active.value}
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => choose(card)}
            >
              <Picture card={card} />
              <span>
                <b>{card.title}</b>
                <small>{card.subtitle}</small>
              </span>
            </div>
          ))}
        </div>
        <p class="status" role="status">
          {open && found.value?.length === 0 ? problem.value || 'No pin has such a title.' : ''}
        </p>
      </form>
    </search>
  );
}
