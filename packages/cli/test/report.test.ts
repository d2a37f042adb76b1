import { describe, expect, it } from 'vitest';
import { ticks } from '../dist/report/axes.js';
import { chooseColorings } from '../dist/report/colorings.js';
import { html, webAddress } from '../dist/report/html.js';
import { renderPage } from '../dist/report/page.js';
import type { Report } from '../dist/report/report.js';

const NASTY = `</script><script>alert("1")</script> & 'two' <b>`;

function sample(): Report {
  const card = (title: string, score: number) => ({
    title,
    subtitle: NASTY,
    score,
    url: 'https://example.org/?a=1&b="2"',
  });
  return {
    title: NASTY,
    lead: NASTY,
    facts: [{ value: '<3', label: 'hearts' }],
    examples: [
      { title: NASTY, subtitle: 'x', badge: '<new>', url: 'javascript:alert(1)', related: [card(NASTY, 0.5)] },
    ],
    tables: [
      {
        title: 'Home feed',
        explanation: NASTY,
        metrics: ['Recall@20'],
        rows: [
          { method: 'PinSage', ours: true, values: [{ value: 0.4, low: 0.35, high: 0.45 }] },
          { method: NASTY, ours: false, values: [{ value: 0.1 }] },
        ],
      },
    ],
    map: {
      explanation: NASTY,
      titles: [NASTY, 'b', 'c'],
      subtitles: ['', NASTY, ''],
      x: [0, 4095],
      y: [4095, 0],
      neighbors: { width: 1, of: [2, 0] },
      colorings: [{ name: NASTY, labels: [NASTY], ordered: false, of: [0, -1] }],
    },
    diagnostics: {
      bars: [
        {
          title: NASTY,
          names: [NASTY, 'walk'],
          groups: [
            { label: NASTY, note: NASTY, values: [{ value: 0.3, low: 0.2, high: 0.4 }, { value: 0 }] },
            { label: '1–2', note: 'n=3', values: [{ value: 0.5, low: 0.5, high: 0.5 }, { value: 0.1 }] },
          ],
        },
        { title: 'nothing', names: [], groups: [] },
      ],
      facts: [{ value: '61 of 128', label: NASTY }],
      explanation: NASTY,
      hubs: { explanation: NASTY, rows: [{ ...card(NASTY, 1), occurrences: 31 }] },
      spread: {
        explanation: NASTY,
        rows: [{ method: NASTY, ours: true, coverage: 0.12, gini: 0.9, logDegree: 1.5 }],
      },
      worst: [
        {
          title: NASTY,
          subtitle: NASTY,
          ndcg: 0.05,
          url: 'javascript:alert(1)',
          recommended: [card(NASTY, 1)],
          targets: [{ ...card(NASTY, 1), rank: 1234 }],
        },
      ],
      best: [],
    },
    charts: [
      {
        title: NASTY,
        lines: [
          {
            name: NASTY,
            points: [
              [1, 3],
              [2, Number.NaN],
              [3, 1],
            ],
          },
        ],
      },
    ],
    settings: { note: NASTY },
  };
}

describe('the page', () => {
  const page = renderPage(sample());
  const scripts = [...page.matchAll(/<script([^>]*)>([\s\S]*?)<\/script>/g)];

  it('has exactly its own two scripts, whatever titles say', () => {
    expect(scripts.map(([, attributes]) => attributes.trim())).toEqual([
      'type="application/json" id="map-data"',
      'type="module"',
    ]);
    expect(page).not.toContain('<script>alert');
    expect(page).not.toContain('<b>\n');
  });

  it('asks nothing of the network, and is forbidden to', () => {
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/<(?:link|img|iframe|script)[^>]+(?:src|href)=/);
    expect(page).not.toMatch(/@import|url\(/);
    expect(page).not.toMatch(/\b(?:fetch|XMLHttpRequest|import)\s*\(/);
  });

  it('links web addresses only', () => {
    expect(page).toContain('href="https://example.org/?a=1&#38;b=&#34;2&#34;"');
    expect(page).not.toContain('href="javascript:');
    expect(webAddress('https://example.org')).toBe('https://example.org');
    for (const bad of ['javascript:alert(1)', 'data:text/html,x', 'nonsense', '', undefined])
      expect(webAddress(bad)).toBeUndefined();
  });

  it('holds the map as JSON that comes back as it was', () => {
    expect(JSON.parse(scripts[0][2])).toEqual(sample().map);
  });

  it('closes every element that it opens', () => {
    const body = page.replace(/<(script|style)[\s\S]*?<\/\1>/g, '');
    const open: string[] = [];
    for (const [, close, name, self] of body.matchAll(/<(\/?)([a-z0-9]+)(?:\s[^<>]*?)?(\/?)>/g)) {
      if (['meta', 'input', 'br'].includes(name) || self) continue;
      if (close) expect(open.pop()).toBe(name);
      else open.push(name);
    }
    expect(open).toEqual([]);
  });

  it('draws values that are finite and leaves out the others', () => {
    expect(page).not.toContain('NaN');
    expect(page).toMatch(/<polyline class="line s0" points="[\d., ]+"\/>/);
  });

  it('draws a bar and its interval for each value of a group, from the axis up', () => {
    const section = page.split('id="diagnostics"')[1];
    const bars = [
      ...section.matchAll(/<rect class="column s(\d)"[^>]* y="([\d.]+)" width="[\d.]+" height="([\d.]+)"/g),
    ];
    expect(bars.map(([, series]) => series)).toEqual(['0', '1', '0', '1']);
    const bottoms = bars.map(([, , y, height]) => Number(y) + Number(height));
    for (const bottom of bottoms) expect(bottom).toBeCloseTo(bottoms[0], 0);
    const [higher, zero, highest] = bars.map(([, , , height]) => Number(height));
    expect(zero).toBe(0);
    expect(higher / highest).toBeCloseTo(0.3 / 0.5, 1);
    expect([...section.matchAll(/class="whisker"/g)]).toHaveLength(2);
    expect(section).toContain('walk, 1–2: 0.100');
    expect(section).toContain('1234');
  });

  it('works without map, charts, tables and examples', () => {
    const bare = renderPage({ title: 'x', lead: '', facts: [], examples: [], tables: [], charts: [], settings: {} });
    expect(bare).not.toContain('<script');
    expect(bare).not.toContain('undefined');
  });
});

describe('html', () => {
  it('escapes values but not other templates', () => {
    expect(html`<p>${'<&"\''}${html`<br>`}${[1, html`<i>`]}${undefined}${false}</p>`.text).toBe(
      '<p>&#60;&#38;&#34;&#39;<br>1<i></p>',
    );
  });
});

describe('ticks', () => {
  it.each([
    [0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [0, 800, [0, 200, 400, 600, 800]],
    [2.1, 7.4, [2, 4, 6, 8]],
    [5, 5, undefined],
    [0, 0, undefined],
  ])('encloses %f to %f by round numbers', (from, to, expected) => {
    const found = ticks(from, to, 5);
    expect(found[0]).toBeLessThanOrEqual(from);
    expect(found.at(-1)).toBeGreaterThanOrEqual(to);
    expect(found.length).toBeGreaterThan(1);
    if (expected) expect(found.map((tick) => +tick.toFixed(6))).toEqual(expected);
  });
});

describe('chooseColorings', () => {
  const pins = Array.from({ length: 40 }, (_, index) => index);
  const columns = [
    { name: 'year', numbers: pins.map((pin) => (pin === 0 ? Number.NaN : 1800 + pin)) },
    { name: 'flag', numbers: pins.map((pin) => pin % 2) },
    { name: 'title', texts: pins.map((pin) => `title ${pin}`) },
    { name: 'constant', texts: pins.map(() => 'x') },
    { name: 'rarely', texts: pins.map((pin) => (pin % 4 === 0 ? `r${pin % 8}` : '')) },
    {
      name: 'kind',
      texts: pins.map((pin) => (pin % 4 === 3 ? '' : ['print', 'oil|canvas', 'bronze'][pin % 4])),
      separator: '|',
    },
    { name: 'parts', texts: pins.map((pin) => `${'abc'[pin % 3]}|${pin % 14}`), separator: '|' },
  ];
  const found = chooseColorings(columns);
  const named = (name: string) => found.find((coloring) => coloring.name === name)!;

  it('takes values that repeat, the most telling first, then numbers; neither titles nor constants', () => {
    expect(found.map(({ name }) => name)).toEqual(['parts', 'kind', 'rarely', 'year']);
  });

  it('labels by whole values where these are few, else by the first of several', () => {
    expect(named('kind')).toMatchObject({ labels: ['bronze', 'oil|canvas', 'print'], ordered: false });
    expect(named('kind').of.slice(0, 5)).toEqual([2, 1, 0, -1, 2]);
    expect(named('parts').labels).toEqual(['a', 'b', 'c']);
  });

  it('puts numbers in ordered bins', () => {
    const { of, labels, ordered } = named('year');
    expect(ordered).toBe(true);
    expect(of[0]).toBe(-1);
    expect(of.slice(1)).toEqual(of.slice(1).toSorted((a, b) => a - b));
    expect(labels[0]).toBe('1801–1804');
    expect(labels.at(-1)).toMatch(/ and more$/);
  });
});
