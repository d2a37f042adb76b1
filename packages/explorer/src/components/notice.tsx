import type { Loaded } from '../loaded.js';
import { KeyForm } from './key-form.js';

/** What is on its way, or why it does not come. */
export function Notice({ of }: { of: Loaded<unknown> }) {
  if (of.status === 'failed' && of.code === 401) return <KeyForm message={of.message} />;
  if (of.status === 'failed') {
    return (
      <p class="notice" role="alert">
        {of.message}
      </p>
    );
  }
  return (
    <p class="notice" role="status">
      {of.status === 'loading' ? 'One moment …' : ''}
    </p>
  );
}
