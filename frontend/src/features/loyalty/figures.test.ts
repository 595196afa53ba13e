import { expect, it } from 'vitest';
import type { Balance, Operation } from './api.ts';
import { availableOf, burningOf, debtOf, groupByDay, pendingOf } from './figures.ts';

const asset = (name: 'points' | 'cashback', facts: Partial<Balance['assets'][number]>) => ({
  asset: name,
  available: '0.00',
  pending: '0.00',
  held: '0.00',
  debt: '0.00',
  expiring: [],
  non_expiring: '0.00',
  ...facts,
});
const balance = (...assets: Balance['assets']): Balance => ({
  user_id: 'u-1',
  as_of: '2026-11-27T09:00:00Z',
  version: 1,
  assets,
  tier: { code: 'base', name: 'Базовый', rate_percent: '5.00', next: null },
});
const operation = (id: string, posted_at: string) => ({ id, posted_at }) as Operation;

it('sums what is coming and what is owed over both assets', () => {
  const both = balance(
    asset('points', { pending: '0.10', debt: '5.00' }),
    asset('cashback', { available: '137.50', pending: '0.20' }),
  );
  expect(pendingOf(both)).toBe('0.30');
  expect(debtOf(both)).toBe('5.00');
  expect(availableOf(both, 'cashback')).toBe('137.50');
});

it('names the soonest burning first, and adds what burns at one moment', () => {
  const lots = balance(
    asset('points', { expiring: [{ amount: '10.00', expires_at: '2027-03-31T21:00:00Z' }] }),
    asset('cashback', {
      expiring: [
        { amount: '7.00', expires_at: '2027-01-31T21:00:00Z' },
        { amount: '2.50', expires_at: '2027-03-31T21:00:00Z' },
      ],
    }),
  );
  expect(burningOf(lots)).toEqual([
    { amount: '7.00', expiresAt: '2027-01-31T21:00:00Z' },
    { amount: '12.50', expiresAt: '2027-03-31T21:00:00Z' },
  ]);
});

it('puts operations under the clinic’s day, keeping their order', () => {
  const days = groupByDay([
    operation('c', '2026-11-26T22:30:00Z'),
    operation('b', '2026-11-26T21:30:00Z'),
    operation('a', '2026-11-26T12:00:00Z'),
  ]);
  expect(days.map(({ key, operations }) => [key, operations.map(({ id }) => id)])).toEqual([
    ['2026-11-27', ['c', 'b']],
    ['2026-11-26', ['a']],
  ]);
});
