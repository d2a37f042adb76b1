import type { Info } from './api.js';

/** Raw values as an import has them, from a form's fields; what is empty is left out. */
export function readFeatures(features: Info['features'], form: FormData): Record<string, string | number> {
  const given = features.flatMap(({ name, kind }) => {
    const text = String(form.get(name) ?? '').trim();
    return text === '' ? [] : [[name, kind === 'number' ? Number(text) : text]];
  });
  return Object.fromEntries(given);
}
