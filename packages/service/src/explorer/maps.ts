import { createHash } from 'node:crypto';
import { type Embeddings, type MapState, PinMap } from '@pinsage/inference';

/** A map as it is sent. */
export type ServedMap =
  | Exclude<MapState, { status: 'ready' }>
  | { status: 'ready'; bytes: Buffer /** Of the bytes. */; etag: string };

/** The map of the embeddings that are served: made when it is first asked for, and anew when others take their place. */
export class Maps {
  #current?: { embeddings: Embeddings; map: Promise<PinMap>; sent?: ServedMap };

  async of(embeddings: Embeddings): Promise<ServedMap> {
    const { directory } = embeddings;
    if (directory === undefined) return { status: 'failed', reason: 'the embeddings are in memory, and of no run' };
    if (this.#current?.embeddings !== embeddings) {
      void this.close();
      this.#current = { embeddings, map: PinMap.open(directory) };
    }
    const current = this.#current;
    const { state } = await current.map;
    if (state.status !== 'ready') return state;
    current.sent ??= serve(state.positions);
    return current.sent;
  }

  /** Stops what is being made. */
  async close(): Promise<void> {
    const map = this.#current?.map;
    this.#current = undefined;
    await map?.then(
      (opened) => opened.close(),
      () => {}, // it never was
    );
  }
}

function serve(positions: Uint16Array): ServedMap {
  const bytes = Buffer.from(positions.buffer, positions.byteOffset, positions.byteLength);
  return { status: 'ready', bytes, etag: `"${createHash('sha256').update(bytes).digest('base64url')}"` };
}
