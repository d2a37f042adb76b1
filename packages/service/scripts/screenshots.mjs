// Takes the pictures of docs/explorer.md: node scripts/screenshots.mjs <run> <title of a pin>
import { fileURLToPath } from 'node:url';
import { Recommender } from '@pinsage/inference';
import { createService } from '@pinsage/service';
import { chromium } from 'playwright-core';

const [run, title] = process.argv.slice(2);
if (title === undefined) throw new Error('usage: node scripts/screenshots.mjs <run> <title of a pin>');

const recommender = await Recommender.open(run);
const service = await createService({ recommender });
await service.listen({ host: '127.0.0.1', port: 0 });
const address = `http://127.0.0.1:${service.server.address().port}/explorer/`;
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });

const [{ id }] = await recommender.search(title, { limit: 1 });
const pin = `#/pin/${encodeURIComponent(id)}`;

await picture('explorer-map', '', { act: (page) => page.locator('canvas').hover({ position: { x: 330, y: 190 } }) });
await picture('explorer-pin', pin);
await picture('explorer-dark', pin, { colorScheme: 'dark', act: (page) => scrollTo(page, '.hood') });
await picture('explorer-near', pin, { act: (page) => scrollTo(page, '.ways') });
await picture('explorer-phone', pin, { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2 });
await picture('explorer-new', '#/new', {
  act: async (page) => {
    await page.locator('form.narrow input').first().fill('a boat in a storm at sea');
    await page.keyboard.press('Enter');
    await page.locator('.results .tile').first().waitFor();
  },
});

await browser.close();
await service.close();
await recommender.close();

/** @param act What is done before the picture is taken. */
async function picture(name, route, { act, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  await page.goto(address + route);
  if (!route.startsWith('#/new')) await page.locator('canvas').waitFor({ timeout: 120_000 });
  await act?.(page);
  await page.waitForTimeout(1000); // the map's flight, and a tip
  const path = fileURLToPath(new URL(`../../../docs/images/${name}.jpg`, import.meta.url));
  await page.screenshot({ path, type: 'jpeg', quality: 82 });
  await context.close();
}

function scrollTo(page, selector) {
  return page.locator(selector).evaluate((element) => window.scrollTo({ top: element.offsetTop - 24 }));
}
