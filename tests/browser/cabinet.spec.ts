import { expect, test } from '@playwright/test';
import { expectAccessible, readCode, shoot, signInByPhone, tellVisit, watch } from './people.ts';

const MARIA = '+79000000001';
const FAMILY = '+79000000004';

test('a patient signs in by code, sees a visit arrive, comes back, and signs out', async ({ page }) => {
  const expectCalm = watch(page);
  await page.goto('/');
  await expect(page.getByRole('heading', { name: 'Вход' })).toBeVisible();
  await expectAccessible(page);
  await shoot(page, 'cabinet-sign-in');
  await signInByPhone(page, MARIA);
  await expect(page.getByRole('heading', { name: 'Можно потратить' })).toBeVisible();
  const rows = page.getByRole('listitem');
  await expect(page.getByRole('heading', { name: 'История' })).toBeVisible();
  await expect(rows.first().or(page.getByText('Пока ничего нет'))).toBeVisible();
  const before = await rows.count();

  await tellVisit(page);
  // The page is loaded anew: the token is gone from memory, the cookie brings another.
  await expect(async () => {
    await page.reload();
    await expect(rows).toHaveCount(before + 1, { timeout: 2000 });
  }).toPass({ timeout: 20_000 });
  await expect(rows.first()).toContainText('+100');
  await expectAccessible(page);
  await shoot(page, 'cabinet-home');
  await page.emulateMedia({ colorScheme: 'dark' });
  await shoot(page, 'cabinet-home-dark');
  await page.emulateMedia({ colorScheme: 'light' });

  await page.getByRole('link', { name: 'Профиль' }).click();
  await expect(page.getByText('ML-7K2Q-91XC')).toBeVisible();
  await expectAccessible(page);
  await shoot(page, 'cabinet-profile');
  await page.getByText('English').click();
  await expect(page.getByRole('heading', { name: 'Profile' })).toBeVisible();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await page.goto('/profile');
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  expectCalm();
});

test('a family on one phone chooses who it is', async ({ page }) => {
  await page.goto('/login');
  await signInByPhone(page, FAMILY);
  await expect(page.getByRole('heading', { name: 'Кто вы?' })).toBeVisible();
  await expectAccessible(page);
  await page
    .getByRole('button', { name: /г\. р\./ })
    .first()
    .click();
  await expect(page.getByRole('heading', { name: 'Можно потратить' })).toBeVisible();
});

test('a newcomer joins: consents stand apart, unticked, and the needed ones are asked for', async ({
  page,
}) => {
  await page.goto('/login');
  await signInByPhone(page, `+7999${String(Date.now()).slice(-7)}`);
  await expect(page.getByRole('heading', { name: 'Знакомство' })).toBeVisible();
  const boxes = page.getByRole('checkbox');
  await expect(boxes.first()).toBeVisible();
  for (const box of await boxes.all()) await expect(box).not.toBeChecked();
  await page.getByRole('button', { name: 'Получить карту' }).click();
  await expect(page.getByText('Заполните это поле').first()).toBeVisible();
  await expectAccessible(page);
  await shoot(page, 'cabinet-enrol');
  await page.getByLabel('Имя').fill('Анна');
  await page.getByLabel('Фамилия').fill('Новикова');
  await page.getByLabel('Дата рождения').fill('1991-05-14');
  for (const box of await boxes.all()) await box.check();
  await page.getByRole('button', { name: 'Получить карту' }).click();
  await expect(page.getByRole('heading', { name: 'Можно потратить' })).toBeVisible();
  await expect(page.getByText('Пока ничего нет')).toBeVisible();
  await expectAccessible(page);
});

test('a wrong code and a wrong phone are told at the field', async ({ page }) => {
  await page.goto('/login');
  await page.getByLabel('Номер телефона').fill('+7 900');
  await page.getByRole('button', { name: 'Получить код' }).click();
  await expect(page.getByLabel('Номер телефона')).toHaveAttribute('aria-invalid', 'true');
  await expectAccessible(page);
  const since = Date.now();
  await page.getByLabel('Номер телефона').fill('8 900 000-00-02');
  await page.getByRole('button', { name: 'Получить код' }).click();
  const wrong = (await readCode(page, '+79000000002', since)) === '000000' ? '000001' : '000000';
  await page.getByLabel('Код', { exact: true }).fill(wrong);
  await expect(page.getByRole('alert')).toContainText('Код не подошёл');
  await expectAccessible(page);
});

test('at 320 pixels and with letters twice as large nothing leaves the page', async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 640 });
  await page.goto('/login');
  await page.addStyleTag({ content: 'html{font-size:200%!important}' });
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  const excess = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(excess).toBeLessThanOrEqual(0);
});
