// How smoothly the explorer's map moves: node scripts/frame-times.mjs [pins] [seconds]
//
// Chromium without a window drags the map, turns the wheel over it and holds an arrow key, for some seconds each, and notes when frames
// come. The map is made up: clusters of pins, some on top of one another. Without a graphics card Chromium draws in software.
import { randomWords } from '@pinsage/native';
import { createService } from '@pinsage/service';
import { chromium } from 'playwright-core';

const [pins = 100_000, seconds = 5] = process.argv.slice(2).map(Number);
const LATE = 50; // ms

// The page's files come before a run is open; what it asks for is answered below.
const service = await createService({ recommender: new Promise(() => {}) });
await service.listen({ host: '127.0.0.1', port: 0 });
const address = `http://127.0.0.1:${service.server.address().port}/explorer/`;
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });

const results = [];
for (const [name, options] of [
  ['desktop', { viewport: { width: 1280, height: 900 } }],
  ['fine screen', { viewport: { width: 1280, height: 900 }, deviceScaleFactor: 2 }],
  ['phone', { viewport: { width: 390, height: 844 }, deviceScaleFactor: 3 }],
]) {
  const page = await open(options);
  results.push({ screen: name, act: 'drag', ...(await measured(page, drag)) });
  results.push({ screen: name, act: 'zoom', ...(await measured(page, zoom)) });
  results.push({ screen: name, act: 'drag close', ...(await measured(page, drag)) });
  results.push({ screen: name, act: 'point', ...(await measured(page, point)) });
  await page.context().close();
}
console.log(`${pins} pins, ${browser.version()}, ms a frame`);
console.table(results);

await browser.close();
await service.close();

async function open(options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const columns = { title: 'title' };
  await page.route('**/v1/explorer', (route) =>
    route.fulfill({ json: { name: 'made up', pins, boards: 0, edges: 0, columns, features: [] } }),
  );
  await page.route('**/v1/explorer/map', (route) =>
    route.fulfill({ body: madeUpMap(), contentType: 'application/octet-stream' }),
  );
  await page.route('**/v1/explorer/rows/*', (route) => {
    const row = Number(route.request().url().split('/').at(-1));
    return route.fulfill({ json: { id: String(row), row, title: `Pin ${row}` } });
  });
  await page.goto(address);
  const canvas = page.locator('canvas');
  await canvas.waitFor();
  await canvas.scrollIntoViewIfNeeded();
  await page.waitForTimeout(500);
  return page;
}

/** Frames while something is done for some seconds. */
async function measured(page, act) {
  await page.evaluate(() => {
    window.frames = [];
    const note = (at) => {
      window.frames.push(at);
      window.noting = requestAnimationFrame(note);
    };
    window.noting = requestAnimationFrame(note);
  });
  const box = await page.locator('canvas').boundingBox();
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const busy = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return 1000 * metrics.find(({ name }) => name === 'TaskDuration').value;
  };
  const before = await busy();
  const end = performance.now() + 1000 * seconds;
  await act(page, box, () => performance.now() < end);
  const worked = (await busy()) - before;
  const frames = await page.evaluate(() => {
    cancelAnimationFrame(window.noting);
    return window.frames;
  });
  const times = frames.slice(1).map((at, i) => at - frames[i]);
  const sorted = times.toSorted((a, b) => a - b);
  const quantile = (share) => Number(sorted[Math.floor(share * (sorted.length - 1))].toFixed(1));
  const late = times.filter((time) => time > LATE).length / times.length;
  return {
    frames: times.length,
    median: quantile(0.5),
    p95: quantile(0.95),
    p99: quantile(0.99),
    [`> ${LATE}`]: `${(100 * late).toFixed(1)} %`,
    work: Number((worked / times.length).toFixed(1)),
  };
}

/** Round and round in circles. */
async function drag(page, box, goesOn) {
  await circle(page, box, goesOn, true);
}

/** The pointer moves over the map, which looks for the pin that is under it. */
async function point(page, box, goesOn) {
  await circle(page, box, goesOn, false);
}

async function circle(page, box, goesOn, pressed) {
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const radius = 0.3 * Math.min(box.width, box.height);
  await page.mouse.move(x + radius, y);
  if (pressed) await page.mouse.down();
  for (let step = 1; goesOn(); step++) {
    const angle = step / 12;
    await page.mouse.move(x + radius * Math.cos(angle), y + radius * Math.sin(angle));
  }
  if (pressed) await page.mouse.up();
}

/** In to see a few pins, out to see all, and in again; some way in at the end. */
async function zoom(page, box, goesOn) {
  await page.locator('canvas').focus();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  for (let step = 0; goesOn(); step++) await page.mouse.wheel(0, step % 100 < 50 ? -24 : 24);
  await page.keyboard.press('0');
  for (let step = 0; step < 4; step++) await page.keyboard.press('+');
}

/** A hundred clusters, each round and dense in its middle. */
function madeUpMap() {
  const words = randomWords(1n, [0, 0, 0], 0, 3 * pins + 300);
  const share = (index) => words[index] / 2 ** 32;
  const positions = new Uint16Array(2 * pins);
  for (let pin = 0; pin < pins; pin++) {
    const cluster = 3 * pins + 3 * Math.floor(100 * share(3 * pin));
    const spread = 0.01 + 0.05 * share(cluster + 2);
    const distance = spread * Math.sqrt(-2 * Math.log(share(3 * pin + 1) || 1));
    const angle = 2 * Math.PI * share(3 * pin + 2);
    const place = [0, 1].map((axis) => 0.1 + 0.8 * share(cluster + axis));
    positions[2 * pin] = Math.min(Math.max(65_534 * (place[0] + distance * Math.cos(angle)), 0), 65_534);
    positions[2 * pin + 1] = Math.min(Math.max(65_534 * (place[1] + distance * Math.sin(angle)), 0), 65_534);
  }
  return Buffer.from(positions.buffer);
}
