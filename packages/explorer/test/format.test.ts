import { expect, it } from 'vitest';
import type { Info } from '../src/api.js';
import { toCard, webAddress } from '../src/card.js';
import { readFeatures } from '../src/features.js';
import { cosine, count, counted, percent, plain, readable } from '../src/format.js';
import { address, parseRoute } from '../src/route.js';

const info: Info = {
  name: 'films',
  pins: 3,
  boards: 2,
  edges: 4,
  columns: { title: 'title', image: 'poster', subtitle: { name: 'genres', separator: '|' } },
  features: [
    { name: 'title', kind: 'text' },
    { name: 'genres', kind: 'categories', separator: '|' },
    { name: 'year', kind: 'number' },
  ],
};

it('writes numbers as people read them', () => {
  expect(count(69202)).toBe('69,202');
  expect([counted(1, 'pin'), counted(0, 'pin'), counted(1200, 'board')]).toEqual(['1 pin', '0 pins', '1,200 boards']);
  expect([0.834, 1, -0.126, 0].map(cosine)).toEqual(['.83', '1.00', '−.13', '.00']);
  expect([0.117, 0.004, 0, 1].map(percent)).toEqual(['12 %', '0.4 %', '0 %', '100 %']);
});

it('writes values of any type', () => {
  expect([null, undefined, ' a ', 3, ['x', null, 'y'], { a: 1 }].map(plain)).toEqual([
    '',
    '',
    'a',
    '3',
    'x, y',
    '{"a":1}',
  ]);
  expect(readable('acquisition_year')).toBe('acquisition year');
});

it('takes addresses of http and https only', () => {
  for (const good of ['http://a.org/b.jpg', 'https://a.org/?q=<x>']) expect(webAddress(good)).toBe(good);
  for (const bad of [
    'javascript:alert(1)',
    ' JaVaScRiPt:alert(1)',
    'data:image/svg+xml,<svg/>',
    'file:///etc/passwd',
    '/b.jpg',
    '',
  ]) {
    expect(webAddress(bad)).toBeUndefined();
  }
});

it('makes a card of a pin, whatever it has', () => {
  const pin = { id: '7', row: 1, title: '<b>Sea</b>', genres: 'Drama|War', poster: 'https://a.org/7.jpg' };
  expect(toCard(pin, info)).toEqual({
    id: '7',
    row: 1,
    title: '<b>Sea</b>',
    subtitle: 'Drama, War',
    image: 'https://a.org/7.jpg',
  });
  expect(toCard({ id: '8', row: 2, title: null, poster: 'javascript:0' }, info)).toEqual({
    id: '8',
    row: 2,
    title: 'Pin 8',
    subtitle: '',
    image: undefined,
  });
  expect(toCard({ id: '8', row: 2 }, { ...info, columns: {} }).title).toBe('Pin 8');
});

it('reads and writes addresses of the page', () => {
  for (const id of ['12', 'a/b', 'ü %', '#/pin/1', '..', '%']) {
    for (const view of ['pin', 'board'] as const) expect(parseRoute(address({ view, id }))).toEqual({ view, id });
  }
  for (const view of ['home', 'list', 'new'] as const) expect(parseRoute(address({ view }))).toEqual({ view });
  for (const hash of ['', '#', '#/pin', '#/pin/', '#/nothing']) expect(parseRoute(hash)).toEqual({ view: 'home' });
  expect(parseRoute('#/pin/100%')).toEqual({ view: 'pin', id: '100%' });
});

it('reads a form as an import reads a row', () => {
  const form = new FormData();
  form.set('title', ' storm ');
  form.set('genres', 'Drama|War');
  form.set('year', '1950');
  expect(readFeatures(info.features, form)).toEqual({ title: 'storm', genres: 'Drama|War', year: 1950 });
  form.set('year', '');
  form.delete('genres');
  expect(readFeatures(info.features, form)).toEqual({ title: 'storm' });
});
