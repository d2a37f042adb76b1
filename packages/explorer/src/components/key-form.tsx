import { setKey } from '../api.js';
import { retry } from '../state.js';

/** For a service that wants a key for reading. */
export function KeyForm({ message }: { message: string }) {
  return (
    <form
      class="narrow"
      onSubmit={(event) => {
        event.preventDefault();
        setKey(String(new FormData(event.currentTarget).get('key')));
        retry();
      }}
    >
      <p role="alert">{message}</p>
      <label>
        API key
        <input name="key" type="password" autocomplete="off" required />
      </label>
      <button type="submit">Go on</button>
    </form>
  );
}
