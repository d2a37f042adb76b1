import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomWords } from '@pinsage/native';
import type { ImportOptions } from '../import-options.js';

/** A subject that pins are about and people collect, with words that its titles are made of. */
const TOPICS: Record<string, string> = {
  'Mountains and glaciers': 'summit ridge glacier avalanche alpine crag snowfield pass',
  'Ships and harbours': 'schooner harbour frigate mooring regatta lighthouse anchor quay',
  'Cats at home': 'kitten tabby whiskers purr windowsill tomcat paw basket',
  'Bread and baking': 'sourdough loaf oven crust rye flour bakery bun',
  'Night trains': 'sleeper locomotive platform railway viaduct carriage signal tunnel',
  'Garden birds': 'robin wren finch nest thrush feeder plumage blackbird',
  'Desert caravans': 'dune oasis camel mirage nomad caravan sandstorm wadi',
  'City by night': 'neon skyline tramway arcade boulevard rooftop lamplight crossing',
  'Old clocks': 'pendulum dial escapement sundial chime hourglass watchmaker cogwheel',
  'Coral reefs': 'coral anemone clownfish lagoon seahorse atoll sponge reef',
  'String quartets': 'violin cello viola rehearsal quartet bow sonata rosin',
  'Forest mushrooms': 'chanterelle mycelium toadstool morel spore porcini bolete moss',
  'Polar expeditions': 'iceberg sledge husky aurora penguin floe blizzard explorer',
  'Space probes': 'orbiter lander antenna comet spectrometer flyby asteroid rover',
  'Tea gardens': 'teapot matcha terrace oolong porcelain infusion teahouse kettle',
  'Castles and moats': 'drawbridge turret rampart moat keep battlement dungeon banner',
};
const ADJECTIVES = 'quiet golden early distant small bright winter summer hidden red blue tall'.split(' ');
const PALETTES = ['warm', 'cool', 'monochrome', 'vivid'];

export interface GeneratedSize {
  /** Default 4000. */
  pins?: number;
  /** Default 800. */
  boards?: number;
  /** Default 0. */
  seed?: number;
}

/**
 * A collection whose right answers can be read off the titles: every pin is about one of 16 topics and named with its words, and
 * every board collects one topic (every fourth: two), of one palette where it can, with one pin in ten from anywhere.
 * Writes it as CSV into a folder, and says how to import it.
 */
export async function generateCollection(
  folder: string,
  size: GeneratedSize = {},
): Promise<Omit<ImportOptions, 'out'>> {
  const { pins = 4000, boards = 800, seed = 0 } = size;
  const random = randomNumbers(BigInt(seed));
  const topics = Object.entries(TOPICS).map(([name, words]) => ({ name, words: words.split(' ') }));

  const members = topics.map(() => PALETTES.map((): number[] => []));
  const pinLines = ['pin,title,palette,year,topic'];
  for (let pin = 0; pin < pins; pin++) {
    const topic = random(topics.length);
    const palette = random(PALETTES.length);
    const { name, words } = topics[topic];
    const first = random(words.length);
    const second = (first + 1 + random(words.length - 1)) % words.length;
    const title = `${ADJECTIVES[random(ADJECTIVES.length)]} ${words[first]} and ${words[second]} no. ${pin + 1}`;
    members[topic][palette].push(pin);
    pinLines.push(`p${pin},${title},${PALETTES[palette]},${1950 + random(75)},${name}`);
  }

  const boardLines = ['board,title'];
  const edgeLines = ['pin,board,time'];
  for (let board = 0; board < boards; board++) {
    const own = random(topics.length);
    const other = board % 4 === 3 ? random(topics.length) : own;
    const palette = random(PALETTES.length);
    const about = own === other ? topics[own].name : `${topics[own].name}, ${topics[other].name.toLowerCase()}`;
    boardLines.push(`b${board},"${about}, ${PALETTES[palette]}"`);
    const count = 5 + random(25);
    let time = 1_600_000_000 + random(100_000_000);
    for (let i = 0; i < count; i++) {
      const topic = random(2) === 0 ? own : other;
      const tone = random(3) === 0 ? random(PALETTES.length) : palette;
      const list = members[topic][tone];
      const pin = random(10) === 0 || list.length === 0 ? random(pins) : list[random(list.length)];
      time += 60 + random(100_000);
      edgeLines.push(`p${pin},b${board},${time}`);
    }
  }

  await mkdir(folder, { recursive: true });
  const file = async (name: string, lines: string[]) => {
    await writeFile(join(folder, name), `${lines.join('\n')}\n`);
    return join(folder, name);
  };
  return {
    edges: await file('edges.csv', edgeLines),
    pin: 'pin',
    board: 'board',
    time: 'time',
    pins: await file('pins.csv', pinLines),
    boardsFile: await file('boards.csv', boardLines),
    features: [
      { name: 'title', kind: 'text', buckets: 4096 },
      { name: 'palette', kind: 'categories', buckets: 64 },
      { name: 'year', kind: 'number' },
    ],
    title: 'title',
    note: 'A generated collection: no real data',
  };
}

/** Numbers below a bound, one after the other. */
function randomNumbers(seed: bigint): (bound: number) => number {
  let words: Uint32Array = new Uint32Array(0);
  let at = 0;
  let block = 0;
  return (bound) => {
    if (at === words.length) {
      words = randomWords(seed, [block++, 0, 0], 0, 4096);
      at = 0;
    }
    return Math.floor((words[at++] / 2 ** 32) * bound);
  };
}
