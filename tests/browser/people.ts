/** What people do in a browser, and what the sandbox does for them. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

export const SMS = process.env.HUB_SMS_URL ?? 'http://127.0.0.1:8103';
const SAMPLE = 'tests/integrations/onec/fixtures/visit_completed__sample.json';
const HOUR_MS = 3_600_000;
const IMAGES = process.env.HUB_IMAGES;
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const INFOBASE = `Basic ${Buffer.from('umc_corp:demo-umc-secret').toString('base64')}`;

/** No rule of WCAG 2.2 AA is broken, in light and in dark. */
export async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.evaluate(settleColours);
    const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
    const found = violations.map(({ id, nodes }) => [
      id,
      nodes.map((node) => `${node.target} ${node.failureSummary}`),
    ]);
    expect(found, `${page.url()} in ${colorScheme}`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

/** Colours that are on their way from one scheme to the other are nobody's choice: wait until they are there. */
async function settleColours(): Promise<void> {
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  const ending = document
    .getAnimations()
    .filter((one) => one.effect?.getComputedTiming().endTime !== Infinity);
  await Promise.allSettled(ending.map((one) => one.finished));
}

/** Nothing is asked of anybody but the hub, and nothing breaks on the way. */
export function watch(page: Page): () => void {
  const strangers: string[] = [];
  const failures: string[] = [];
  page.on('request', (request) => {
    if (!/^(http:\/\/127\.0\.0\.1[:/]|data:|blob:)/.test(request.url())) strangers.push(request.url());
  });
  page.on('pageerror', (error) => failures.push(error.message));
  return () => {
    expect(strangers).toEqual([]);
    expect(failures).toEqual([]);
  };
}

/** The newest code that came to a phone after `since`. */
export async function readCode(page: Page, phone: string, since: number): Promise<string> {
  let code: string | undefined;
  await expect(async () => {
    const answer = await page.request.get(`${SMS}/messages?phone=${encodeURIComponent(phone)}`);
    const messages = (await answer.json()) as { text: string; at: string }[];
    const fresh = messages.filter(({ at }) => Date.parse(at) >= since - 1000);
    code = fresh.map(({ text }) => /\b\d{6}\b/.exec(text)?.[0]).find(Boolean);
    expect(code).toBeTruthy();
  }).toPass({ timeout: 20_000 });
  return code ?? '';
}

export async function signInByPhone(page: Page, phone: string): Promise<void> {
  const since = Date.now();
  await page.getByLabel('Номер телефона').fill(phone);
  await page.getByRole('button', { name: 'Получить код' }).click();
  await page.getByLabel('Код', { exact: true }).fill(await readCode(page, phone, since));
}

export async function signInAsStaff(page: Page, login: string): Promise<void> {
  await page.goto('/admin');
  await page.getByLabel('Логин').fill(login);
  await page.getByLabel('Пароль', { exact: true }).fill(`demo-${login}`);
  await page.getByRole('button', { name: 'Войти по паролю' }).click();
}

/** 1C tells of a visit of 2 000.00 by Мария, paid by card: 100.00 of cashback. Gives the event's id. */
export async function tellVisit(page: Page): Promise<string> {
  const event_id = randomUUID();
  const answer = await page.request.post('/api/1c/v1/events', {
    headers: { Authorization: INFOBASE },
    data: visit(event_id),
  });
  expect(answer.status(), await answer.text()).toBe(202);
  return event_id;
}

function visit(event_id: string) {
  const told = JSON.parse(readFileSync(SAMPLE, 'utf8'));
  // 1C speaks its clinic's wall clock.
  const now = new Date(Date.now() + 3 * HOUR_MS).toISOString().slice(0, 19);
  const [line] = told.visit.lines;
  Object.assign(told, { event_id, occurred_at: now, exchange: undefined });
  Object.assign(told.object, { ref: randomUUID(), number: `00ЦК-${event_id.slice(0, 6)}`, date: now });
  Object.assign(told.visit, {
    completed_at: now,
    lines: [{ ...line, points_paid: 0, amount: line.price }],
    payments: [{ kind: 'card', amount: line.price, ref: '' }],
    promo: undefined,
    total: line.price,
  });
  return told;
}

/** For the README, when `make screenshots` asks. */
export async function shoot(page: Page, name: string): Promise<void> {
  if (IMAGES) await page.screenshot({ path: `${IMAGES}/${name}.png`, animations: 'disabled' });
}
