import { Graph, randomWords } from '@pinsage/native';

const [users, items, ratings, words, genres] = [610, 9742, 100_836, 8900, 20];

/**
 * Data of the size of MovieLens latest-small, drawn once from a fixed seed: ratings by popularity (Zipf, exponent .75), titles of 2 to
 * 8 words, three genres a film. As plain arrays for the peer, and as our graph and features.
 */
export async function movies() {
  const zipf = (n, count, stream) => {
    const range = n ** 0.25 - 1;
    return Uint32Array.from(draw(count, stream), (word) =>
      Math.min(n - 1, Math.floor(((word / 2 ** 32) * range + 1) ** 4) - 1),
    );
  };
  const [pins, boards] = [zipf(items, ratings, 1), zipf(users, ratings, 2)];
  const lengths = Array.from(draw(items, 3), (word) => 2 + (word % 7));
  const titleWords = zipf(words - 2, 8 * items, 4);
  // 0 and 1 are what the peer keeps for unknown words and padding.
  const titles = lengths.map((length, item) =>
    Array.from(titleWords.subarray(8 * item, 8 * item + length), (word) => word + 2),
  );
  const genreMatrix = new Float32Array(items * genres);
  draw(3 * items, 5).forEach((word, i) => {
    genreMatrix[Math.floor(i / 3) * genres + (word % genres)] = 1;
  });
  const offsets = new BigUint64Array(items + 1);
  titles.forEach((title, item) => {
    offsets[item + 1] = offsets[item] + BigInt(title.length);
  });
  return {
    peer: {
      users: Array.from(boards),
      items: Array.from(pins),
      genres: titles.map((_, item) => Array.from(genreMatrix.subarray(item * genres, (item + 1) * genres))),
      titles,
      words,
    },
    graph: await Graph.fromEdges({ pins, boards }, { pins: items, boards: users, duplicates: 'merge' }),
    sources: [
      { kind: 'dense', values: genreMatrix, width: genres },
      {
        kind: 'bag',
        offsets,
        rows: Uint32Array.from(titles.flat()),
        weights: Float32Array.from(titles.flatMap((title) => title.map(() => 1 / title.length))),
      },
    ],
    columns: [
      { name: 'genres', kind: 'dense', width: genres },
      { name: 'title', kind: 'text', width: 0, buckets: words },
    ],
  };
}

function draw(count, stream) {
  return randomWords(4n, [0, 0, 0], stream, count);
}
