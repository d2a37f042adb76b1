import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const FILMS = 240;
export const PEOPLE = 120;
const GENRES = ['Western', 'Musical', 'Horror', 'Comedy'];
const WORDS = [
  'river',
  'night',
  'gold',
  'road',
  'storm',
  'garden',
  'iron',
  'summer',
  'echo',
  'paper',
  'glass',
  'north',
];

/** Films of four genres and people who mostly like one of them: films.csv and ratings.csv with what the example names. */
export async function writeFilms(directory: string): Promise<{ films: string; ratings: string }> {
  await mkdir(directory, { recursive: true });
  const random = sequence();
  const pick = <T>(values: T[]) => values[Math.floor(random() * values.length)];
  const genreOf = (film: number) => film % GENRES.length;
  const films = Array.from({ length: FILMS }, (_, film) => {
    const vector = GENRES.map((_, genre) => (random() + (genre === genreOf(film) ? 1 : 0)).toFixed(3));
    const title =
      film === 7 ? '"The ""<Best>"" & Last, Part 7"' : `${pick(WORDS)} ${pick(WORDS)} ${GENRES[genreOf(film)]}`;
    return `${100 + film},${title},${GENRES[genreOf(film)]}|Film,${1950 + Math.floor(random() * 70)},"[${vector.join(', ')}]"`;
  });
  const ratings: string[] = [];
  for (let person = 0; person < PEOPLE; person++) {
    for (let time = 0; time < 12; time++) {
      const genre = random() < 0.9 ? person % GENRES.length : Math.floor(random() * GENRES.length);
      const film = Math.floor((random() * FILMS) / GENRES.length) * GENRES.length + genre;
      ratings.push(`${100 + film},u${person},${1_600_000_000 + time * 86_400 + person}`);
    }
  }
  const paths = { films: join(directory, 'films.csv'), ratings: join(directory, 'ratings.csv') };
  await writeFile(paths.films, ['movieId,title,genres,year,vector', ...films, ''].join('\n'));
  await writeFile(paths.ratings, ['movieId,userId,timestamp', ...ratings, ''].join('\n'));
  return paths;
}

/** Numbers in [0, 1), always the same (mulberry32). */
function sequence(): () => number {
  let state = 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}
