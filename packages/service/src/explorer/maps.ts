import { createHash } from 'node:crypto';
import { LivePlaces, type MapState, PinMap, type Recommender } from '@pinsage/inference';

/** A map as it is sent. */
export type ServedMap =
  | Exclude<MapState, { status: 'ready' }>
  | { status: 'ready'; bytes: Buffer /** Of the bytes. */; etag: string };

interface Current {
  embeddings: Recommender['embeddings'];
  map: Promise<PinMap>;
  /** From when the map is there. */
  places?: LivePlaces;
  sent?: { positions: Uint16Array; answer: ServedMap };
}

/** The map of the pins that are served: made when it is first asked for, and anew when other embeddings take the place of these. */
export class Maps {
  #current?: Current;

  async of(recommender: Recommender): Promise<ServedMap> {
    const { embeddings } = recommender;
    const { directory } = embeddings;
    if (directory === undefined) return { status: 'failed', reason: 'the embeddings are in memory, and of no run' };
    if (this.#current?.embeddings !== embeddings) {
      void this.close();
      this.#current = { embeddings, map: PinMap.open(directory) };
    }
    const current = this.#current;
    const { state } = await current.map;
    if (state.status !== 'ready') return state;
    current.places ??= new LivePlaces(state.placed, embeddings);
    const positions = await current.places.now(recommender);
    if (current.sent?.positions !== positions) current.sent = { positions, answer: serve(positions) };
    return current.sent.answer;
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
