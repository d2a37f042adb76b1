import { percent } from '../format.js';
import { map } from '../state.js';
import { PinMap } from './pin-map.js';

export function MapSection() {
  const { value } = map;
  return (
    <section class="map" aria-labelledby="map-title">
      <h2 id="map-title">The map</h2>
      {value.status === 'ready' && (
        <>
          <p>
            All pins, near ones alike: some placed by UMAP of their embeddings, the others among those. Drag to move,
            choose a pin with a click.
          </p>
          <PinMap positions={value.positions} />
        </>
      )}
      {value.status === 'computing' && (
        <div class="waiting" role="status">
          <p>The map is being made. This happens once for a run; all else works already.</p>
          <progress max={1} value={value.progress} aria-label="Progress of the map" />
          <p>{percent(value.progress)}</p>
        </div>
      )}
      {value.status === 'failed' && <p role="alert">There is no map: {value.reason}</p>}
    </section>
  );
}
