import { expect, test } from '@playwright/test';
import { expectAccessible, shoot, signInAsStaff, tellVisit, watch } from './people.ts';

test('an administrator finds a patient, reads the account, and follows an event of 1C', async ({ page }) => {
  const expectCalm = watch(page);
  await page.goto('/admin');
  await expect(page.getByRole('link', { name: 'Войти через Битрикс24' })).toBeVisible();
  await expectAccessible(page);
  await shoot(page, 'staff-sign-in');
  await tellVisit(page);
  await signInAsStaff(page, 'admin');
  await expect(page.getByRole('heading', { name: 'Пациенты' })).toBeVisible();
  await page.getByLabel('Поиск пациента').fill('Иванова');
  await expect(page).toHaveURL(/q=/);
  await expect(page.getByRole('row')).toHaveCount(2);
  await expectAccessible(page);
  await shoot(page, 'staff-patients');

  await page.getByRole('row').nth(1).getByRole('link').click();
  await expect(page.getByRole('heading', { name: 'История счёта' })).toBeVisible();
  await expect(page.getByRole('row').nth(1)).toContainText('+100');
  await expectAccessible(page);
  await shoot(page, 'staff-patient');

  await page.getByRole('link', { name: 'События 1С' }).click();
  await page.getByRole('row', { name: /Визит/ }).first().getByRole('link').click();
  // The list behind the link says it of every row: first the event itself has to be there.
  await expect(page.getByRole('button', { name: /Показать/ })).toBeVisible();
  await expect(page.getByText('Обработано')).toBeVisible();
  await page.getByRole('button', { name: /Показать/ }).click();
  await expect(page.locator('.body')).toContainText('visit.completed');
  await expectAccessible(page);
  await shoot(page, 'staff-event');

  await page.getByRole('link', { name: 'Доставки' }).click();
  await expect(page.getByRole('heading', { name: 'Доставки' })).toBeVisible();
  await expect(page.getByText('Шлюз СМС')).toBeVisible();
  await expectAccessible(page);
  await shoot(page, 'staff-deliveries');
  expectCalm();
});

test('what is nowhere found is said, and one press shows all again', async ({ page }) => {
  await signInAsStaff(page, 'admin');
  await page.getByLabel('Поиск пациента').fill('Никтотакой');
  await expect(page.getByText(/никого нет/)).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Сбросить фильтры' }).click();
  await expect(page.getByRole('row').nth(2)).toBeVisible();
});

test('a cashier has no exchange in the menu, and none by its address', async ({ page }) => {
  await signInAsStaff(page, 'cashier');
  await expect(page.getByRole('link', { name: 'Пациенты' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'События 1С' })).toHaveCount(0);
  await page.goto('/admin/events');
  await expect(page.getByText('Нет доступа')).toBeVisible();
});

test('a wrong password is refused in plain words', async ({ page }) => {
  await page.goto('/admin');
  await page.getByLabel('Логин').fill('nobody');
  await page.getByLabel('Пароль', { exact: true }).fill('wrong');
  await page.getByRole('button', { name: 'Войти по паролю' }).click();
  await expect(page.getByRole('alert')).toContainText('Войти не удалось');
  await expectAccessible(page);
});

for (const key of ['k', 'л'])
  test(`Ctrl+K opens the palette in any layout: ${key}`, async ({ page }) => {
    await signInAsStaff(page, 'admin');
    await expect(page.getByRole('heading', { name: 'Пациенты' })).toBeVisible();
    await page.evaluate((pressed) => {
      const facts = { key: pressed, code: 'KeyK', ctrlKey: true, bubbles: true, cancelable: true };
      document.documentElement.dispatchEvent(new KeyboardEvent('keydown', facts));
    }, key);
    const field = page.getByRole('dialog').getByRole('textbox');
    await field.fill('событ');
    await expectAccessible(page);
    await field.press('Enter');
    await expect(page).toHaveURL(/\/admin\/events/);
  });
