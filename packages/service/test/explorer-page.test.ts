import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Recommender } from '@pinsage/inference';
import type { FastifyInstance } from 'fastify';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nearest, toScreen, WHOLE } from '../../explorer/src/map/view.js';
import { ApiKeys, createService, type ServiceOptions } from '../src/index.js';
import { chromiumPath, launch, openPage } from './browser.js';
import { collectionRun, type ExplorerRun, ODD, oddRun } from './explorer-run.js';

/** A service on a port of its own. */
async function serve(made: ExplorerRun, options: Partial<ServiceOptions> = {}, live = false) {
  const recommender = await Recommender.open(made.run, { live });
  const app = await createService({ recommender, ...options });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const close = async () => {
    await app.close();
    await recommender.close();
  };
  return { recommender, app, address: `http://127.0.0.1:${port}/explorer/`, close };
}

if (chromiumPath === undefined) console.warn('explorer: chromium is not installed, so the page is not tested.');

describe.skipIf(chromiumPath === undefined)('the explorer in a browser', () => {
  let browser: Browser;
  let made: ExplorerRun;
  let service: Awaited<ReturnType<typeof serve>>;
  beforeAll(async () => {
    [browser, made] = await Promise.all([launch(), collectionRun()]);
    service = await serve(made);
  });
  afterAll(async () => {
    await browser.close();
    await service.close();
    await made.remove();
  });

  /** Does something on a page on which nothing may go wrong. */
  async function on(route: string, act: (page: Page) => Promise<void>, options = {}) {
    const { page, problems } = await openPage(browser, service.address + route, options);
    try {
      await act(page);
      expect(problems).toEqual([]);
    } finally {
      await page.context().close();
    }
  }

  const idsIn = (page: Page, list: string) =>
    page
      .locator(`${list} .tile > a`)
      .evaluateAll((links) =>
        links.map((link) => decodeURIComponent(link.getAttribute('href')!.replace('#/pin/', ''))),
      );
  const pin = (row: number) => String(service.recommender.catalogue.pinId(row));
  const strings = (pins: { id: unknown }[]) => pins.map(({ id }) => String(id));

  it('works while the map is being made, and then shows it', async () => {
    await on(`#/pin/${pin(0)}`, async (page) => {
      await page.locator('progress').waitFor();
      await page.locator('h1').waitFor();
      expect(await page.locator('.way').count()).toBe(3);
      await page.locator('canvas').waitFor({ timeout: 60_000 });
    });
  });

  it('finds a pin by its title with the keyboard alone', async () => {
    await on('', async (page) => {
      await page.locator('search input').waitFor();
      const [{ title }] = await made.dataset.describePins([0], ['title']);
      const focusIsOnSearch = () => page.evaluate(() => document.activeElement?.getAttribute('role') === 'combobox');
      for (let presses = 0; !(await focusIsOnSearch()) && presses < 10; presses++) await page.keyboard.press('Tab');
      await page.keyboard.type(String(title).slice(0, 9));
      await page.locator('[role=option]').first().waitFor();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowUp');
      const chosen = page.locator('[role=option][aria-selected=true]');
      expect(await chosen.count()).toBe(1);
      expect(await page.locator('search input').getAttribute('aria-activedescendant')).toBe(
        await chosen.getAttribute('id'),
      );
      const wanted = await chosen.locator('b').textContent();
      await page.keyboard.press('Enter');
      await page.locator('h1', { hasText: wanted! }).waitFor();
      expect(page.url()).toContain('#/pin/');
      expect(await page.title()).toContain(wanted);
      expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
    });
  });

  it('says that there is no such title, and Escape closes what was found', async () => {
    await on('', async (page) => {
      await page.locator('search input').fill('zzzz no such title');
      await page.locator('.status', { hasText: 'No pin' }).waitFor();
      await page.locator('search input').fill('a');
      await page.locator('[role=option]').first().waitFor();
      await page.keyboard.press('Escape');
      expect(await page.locator('[role=listbox]').isVisible()).toBe(false);
    });
  });

  it('shows the neighbours that the library gives, and goes on to one', async () => {
    await on(`#/pin/${pin(1)}`, async (page) => {
      await page.locator('.way').first().waitFor();
      const related = await service.recommender.related({ row: 1 }, { top: 12 });
      expect(await idsIn(page, '[data-way=embedding]')).toEqual(strings(related));
      const walk = await service.recommender.catalogue.walk({ rows: [1] }, { top: 12 });
      expect(await idsIn(page, '[data-way=walk]')).toEqual([...walk.rows].map(pin));
      expect(await idsIn(page, '[data-way=content]')).toHaveLength(12);
      expect(await page.locator('.hood svg a').count()).toBe(await page.locator('.hood ol li').count());
      await page.locator('[data-way=embedding] .tile > a').first().click();
      await page.waitForURL(`**/#/pin/${encodeURIComponent(String(related[0].id))}`);
    });
  });

  it('makes a list, keeps it, and gives a home feed for it', async () => {
    await on(`#/pin/${pin(1)}`, async (page) => {
      const tiles = page.locator('[data-way=embedding] .tile');
      await tiles.first().waitFor();
      const [first, second] = await idsIn(page, '[data-way=embedding]');
      await tiles.nth(0).locator('button').click();
      await tiles.nth(1).locator('button').click();
      expect(await tiles.nth(1).locator('button').getAttribute('aria-pressed')).toBe('true');
      await page.locator('nav a', { hasText: 'List' }).click();
      await page.locator('.results .tile').first().waitFor();
      const feed = await service.recommender.homeFeed({ pins: [first, second] }, { top: 12 });
      expect(await idsIn(page, '.results')).toEqual(strings(feed));
      await page.reload();
      await page.locator('.results .tile').first().waitFor();
      expect(await idsIn(page, 'article > .feed')).toEqual([first, second]);
      await page.locator('article > .feed .tile button').first().click();
      const alone = await service.recommender.homeFeed({ pins: [second] }, { top: 12 });
      const waited = async () => JSON.stringify(await idsIn(page, '.results')) === JSON.stringify(strings(alone));
      await expect.poll(waited).toBe(true);
    });
  });

  it('opens a board and its home feed', async () => {
    const { catalogue } = service.recommender;
    await on(`#/pin/${pin(1)}`, async (page) => {
      await page.locator('.chips a').first().click();
      await page.locator('.results .tile').first().waitFor();
      const id = decodeURIComponent(page.url().split('#/board/')[1]);
      const members = [...catalogue.membersOf(catalogue.boardRow(id))];
      expect(await idsIn(page, 'article > .feed')).toEqual(members.slice(0, 24).map(pin));
      expect(await idsIn(page, '.results')).toEqual(
        strings(await service.recommender.homeFeed({ board: id }, { top: 12 })),
      );
    });
  });

  it('finds the neighbours of a pin that is typed', async () => {
    await on('#/new', async (page) => {
      await page.locator('input[name=title]').fill('the quiet sea');
      await page.keyboard.press('Enter');
      await page.locator('.results .tile').first().waitFor();
      const vector = await service.recommender.embed([{ features: { title: 'the quiet sea' } }]);
      expect(await idsIn(page, '.results')).toEqual(strings(await service.recommender.relatedTo(vector, { top: 12 })));
    });
  });

  it('chooses the pin under a click on the map, and the one in the middle by Enter', async () => {
    await on('', async (page) => {
      const canvas = page.locator('canvas');
      await canvas.waitFor({ timeout: 60_000 });
      await canvas.scrollIntoViewIfNeeded();
      const box = (await canvas.boundingBox())!;
      const size = await canvas.evaluate((element) => ({ width: element.clientWidth, height: element.clientHeight }));
      const answer = await service.app.inject('/v1/explorer/map');
      const positions = new Uint16Array(new Uint8Array(answer.rawPayload).buffer);
      const place = (row: number) => toScreen(WHOLE, size, positions[2 * row], positions[2 * row + 1]);
      const row = 5;
      const target = nearest(positions, WHOLE, size, place(row), 14);
      await page.mouse.click(box.x + 1 + place(row).x, box.y + 1 + place(row).y);
      await page.locator('article h1').waitFor();
      const at = place(
        Number(service.recommender.catalogue.pinRows([decodeURIComponent(page.url().split('#/pin/')[1])])[0]),
      );
      expect(Math.hypot(at.x - place(target).x, at.y - place(target).y)).toBeLessThan(2);

      await page.goto(service.address);
      await canvas.waitFor();
      await canvas.focus();
      const before = await canvas.screenshot();
      await page.keyboard.press('+');
      await page.keyboard.press('ArrowLeft');
      await expect.poll(async () => before.equals(await canvas.screenshot())).toBe(false);
      await page.keyboard.press('Enter');
      await page.locator('article h1').waitFor();
    });
  });

  it('moves the map with two fingers, and with one when it was chosen', async () => {
    const act = async (page: Page) => {
      const canvas = page.locator('canvas');
      await canvas.waitFor({ timeout: 60_000 });
      await canvas.scrollIntoViewIfNeeded();
      const box = (await canvas.boundingBox())!;
      const session = await page.context().newCDPSession(page);
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      /** Fingers beside each other, moved by so much. */
      const swipe = async (fingers: number[], dx: number, dy: number) => {
        const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', share: number, all = fingers) =>
          session.send('Input.dispatchTouchEvent', {
            type,
            touchPoints: all.map((finger) => ({ x: x + finger + share * dx, y: y + share * dy, id: finger })),
          });
        await touch('touchStart', 0);
        for (let step = 1; step <= 5; step++) await touch('touchMove', step / 5);
        await touch('touchEnd', 1, []);
      };
      const seen = () => canvas.screenshot();
      const whole = await seen();
      await swipe([-30, 30], 50, 0);
      await expect.poll(async () => whole.equals(await seen())).toBe(false);
      await canvas.focus();
      await page.keyboard.press('0');
      await expect.poll(async () => whole.equals(await seen())).toBe(false); // the ring, and the pin in the middle
      const chosen = await seen();
      const scrolled = await page.evaluate(() => window.scrollY);
      await swipe([0], 0, -60);
      await expect.poll(async () => chosen.equals(await seen())).toBe(false);
      expect(await page.evaluate(() => window.scrollY)).toBe(scrolled);
    };
    await on('', act, { viewport: { width: 390, height: 740 }, hasTouch: true, isMobile: true });
  });

  it('shows pins that were added on the map, and no longer those that were removed', async () => {
    const own = await collectionRun();
    const changing = await serve(own, {}, true);
    try {
      const { page, problems } = await openPage(browser, changing.address);
      const canvas = page.locator('canvas');
      await canvas.waitFor({ timeout: 60_000 });
      /** Whether the pin in the middle, which is the chosen one, is marked. */
      const marked = () =>
        canvas.evaluate((element: HTMLCanvasElement) => {
          const probe = document.body.appendChild(document.createElement('i'));
          probe.style.color = getComputedStyle(element).getPropertyValue('--accent');
          const accent = getComputedStyle(probe).color.match(/\d+/g)!.map(Number);
          probe.remove();
          const { data } = element.getContext('2d')!.getImageData(element.width / 2, element.height / 2, 1, 1);
          return accent.every((value, i) => data[i] === value);
        });
      await changing.recommender.addPins([
        { id: '900001', features: { title: 'a later pin' }, columns: { title: 'a later pin' } },
      ]);
      const go = (hash: string) =>
        page.evaluate((to) => {
          location.hash = to;
        }, hash);
      await go('#/pin/900001');
      await page.locator('h1', { hasText: 'a later pin' }).waitFor();
      await expect.poll(marked).toBe(true);
      await page.reload();
      await canvas.waitFor();
      await expect.poll(marked).toBe(true);

      const positions = async () => {
        const { rawPayload } = await changing.app.inject('/v1/explorer/map');
        return new Uint16Array(new Uint8Array(rawPayload).buffer);
      };
      const rows = changing.recommender.catalogue.rows;
      await go('#/');
      await canvas.scrollIntoViewIfNeeded();
      const size = await canvas.evaluate((element) => ({ width: element.clientWidth, height: element.clientHeight }));
      const before = await positions();
      await changing.recommender.removePins(['900001']);
      expect((await positions())[2 * rows - 2]).toBe(65_535);
      // The page has it still, until somebody points at it.
      await canvas.focus();
      await page.keyboard.press('0');
      const at = toScreen(WHOLE, size, before[2 * rows - 2], before[2 * rows - 1]);
      const box = (await canvas.boundingBox())!;
      const [asked] = await Promise.all([
        page.waitForResponse('**/v1/explorer/map'),
        page.mouse.move(box.x + 1 + at.x, box.y + 1 + at.y),
      ]);
      expect(asked.status()).toBe(200);
      // The removed pin is not there, and reading pixels back is what this test does.
      expect(problems.filter((problem) => !/404|getImageData/.test(problem))).toEqual([]);
      await page.context().close();
    } finally {
      await changing.close();
      await own.remove();
    }
  });

  it('does not keep the wheel: the page scrolls past a map that was not chosen', async () => {
    await on(
      '',
      async (page) => {
        const canvas = page.locator('canvas');
        await canvas.waitFor({ timeout: 60_000 });
        await canvas.hover();
        const before = await page.evaluate(() => window.scrollY);
        await page.mouse.wheel(0, 200);
        await expect.poll(() => page.evaluate(() => window.scrollY)).not.toBe(before);
      },
      { viewport: { width: 1000, height: 500 } },
    );
  });

  it('can be walked through with Tab, each stop visible, and left again', async () => {
    for (const route of ['', `#/pin/${pin(1)}`, '#/new', '#/list']) {
      await on(route, async (page) => {
        await page.locator('h1').waitFor();
        await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
        const stops = await page
          .locator('a[href]:visible:not([tabindex="-1"]), button, input:visible, summary, canvas')
          .count();
        const seen = new Set<string>();
        for (let press = 0; press < stops + 5; press++) {
          await page.keyboard.press('Tab');
          const stop = await page.evaluate(() => {
            const element = document.activeElement as HTMLElement;
            if (element === document.body) return undefined;
            const { outlineStyle, outlineWidth } = getComputedStyle(element);
            const all = [...document.querySelectorAll('*')];
            return {
              place: all.indexOf(element),
              outline: outlineStyle !== 'none' && outlineWidth !== '0px',
              tag: element.outerHTML.slice(0, 90),
            };
          });
          if (stop === undefined) break;
          expect(stop).toMatchObject({ outline: true });
          seen.add(String(stop.place));
        }
        expect(seen.size).toBeGreaterThanOrEqual(stops - 1);
      });
    }
  });

  it('is not wider than a phone', async () => {
    for (const route of [
      '',
      `#/pin/${pin(1)}`,
      '#/new',
      '#/list',
      `#/board/${encodeURIComponent(String(service.recommender.catalogue.boardId(0)))}`,
    ]) {
      await on(
        route,
        async (page) => {
          await page.locator('h1').waitFor();
          await page.waitForLoadState('networkidle');
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
        },
        { viewport: { width: 360, height: 740 } },
      );
    }
  });

  it('is dark where people want it dark, and readable both ways', async () => {
    const lightness: number[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await on(
        `#/pin/${pin(1)}`,
        async (page) => {
          await page.locator('h1').waitFor();
          const colors = await page.evaluate(() => {
            const style = getComputedStyle(document.documentElement);
            const probe = document.body.appendChild(document.createElement('i'));
            const rgb = (name: string) => {
              probe.style.color = style.getPropertyValue(name);
              return getComputedStyle(probe).color.match(/\d+/g)!.map(Number);
            };
            return Object.fromEntries(
              ['--paper', '--card', '--wash', '--ink', '--soft', '--accent'].map((name) => [name, rgb(name)]),
            );
          });
          for (const text of ['--ink', '--soft', '--accent']) {
            for (const ground of ['--paper', '--card', '--wash']) {
              expect(contrast(colors[text], colors[ground]), `${text} on ${ground}, ${colorScheme}`).toBeGreaterThan(
                4.5,
              );
            }
          }
          lightness.push(luminance(colors['--paper']));
        },
        { colorScheme },
      );
    }
    expect(lightness[0]).toBeGreaterThan(0.8);
    expect(lightness[1]).toBeLessThan(0.05);
  });

  it('says what is not there', async () => {
    const { page } = await openPage(browser, `${service.address}#/pin/nobody%2F..`);
    await page.locator('[role=alert]', { hasText: "There is no pin with id 'nobody/..'" }).waitFor();
    await page.context().close();
  });

  it('asks for a key where the service wants one', async () => {
    const closed = await serve(made, { keys: ApiKeys.of(['open sesame'.replace(' ', '-')]), keysForReads: true });
    try {
      const { page } = await openPage(browser, closed.address);
      await page.locator('input[name=key]').fill('open-sesame');
      await page.keyboard.press('Enter');
      await page.locator('h1').waitFor();
      await page.context().close();
    } finally {
      await closed.close();
    }
  });
});

describe.skipIf(chromiumPath === undefined)('pins with odd titles, ids and images', () => {
  let browser: Browser;
  let made: ExplorerRun;
  let images: Server;
  let service: { app: FastifyInstance; address: string; close(): Promise<void> };
  beforeAll(async () => {
    const png = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    );
    images = createServer((request, response) => {
      if (request.url === '/good.png') response.setHeader('content-type', 'image/png').end(png);
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => images.listen(0, '127.0.0.1', resolve));
    const { port } = images.address() as AddressInfo;
    [browser, made] = await Promise.all([launch(), oddRun(`http://127.0.0.1:${port}`)]);
    service = await serve(made);
  });
  afterAll(async () => {
    await browser.close();
    await service.close();
    await made.remove();
    images.close();
  });

  it('are shown as they are, and nothing of them runs or is followed', async () => {
    for (const { id, title, image } of ODD) {
      const { page, problems } = await openPage(browser, `${service.address}#/pin/${encodeURIComponent(id)}`, {
        viewport: { width: 360, height: 740 },
      });
      await page.locator('h1').waitFor();
      expect(await page.locator('h1').textContent()).toBe(title);
      await page.waitForLoadState('networkidle');
      const shown = page.locator('.object > .picture');
      const tag = await shown.evaluate((element) => element.tagName);
      expect(tag).toBe(image === '/good.png' ? 'IMG' : 'SPAN');
      const addresses = await page.evaluate(() =>
        [...document.querySelectorAll('[href], [src]')].map(
          (each) => each.getAttribute('href') ?? each.getAttribute('src')!,
        ),
      );
      expect(addresses.filter((address) => !/^(#|\.\/|https?:\/\/127\.0\.0\.1)/.test(address))).toEqual([]);
      expect(await page.evaluate(() => 'broken' in window)).toBe(false);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
      expect(problems.filter((problem) => !problem.includes('404'))).toEqual([]);
      await page.context().close();
    }
  });
});

function luminance(color: number[]): number {
  const [red, green, blue] = color.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** As WCAG 2 defines it. */
function contrast(a: number[], b: number[]): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}
