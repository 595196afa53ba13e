/** What the first screen says, out of what the hub answers. */
import { dayKey, isZero, readHundredths, sumAmounts } from '@moya/ui';
import type { Balance, Operation } from './api.ts';

export type AssetName = Balance['assets'][number]['asset'];

export const availableOf = (balance: Balance, asset: AssetName): string =>
  sumAmounts(balance.assets.filter((each) => each.asset === asset).map((each) => each.available));

export const pendingOf = (balance: Balance): string => sumAmounts(balance.assets.map((each) => each.pending));

export const debtOf = (balance: Balance): string => sumAmounts(balance.assets.map((each) => each.debt));

export interface Burning {
  readonly amount: string;
  readonly expiresAt: string;
}

/** What burns, by its moment, the soonest first; points and cashback of one moment are one sum. */
export function burningOf(balance: Balance): Burning[] {
  const byMoment = new Map<string, string[]>();
  for (const { expiring } of balance.assets)
    for (const { amount, expires_at } of expiring)
      byMoment.set(expires_at, [...(byMoment.get(expires_at) ?? []), amount]);
  return [...byMoment]
    .map(([expiresAt, amounts]) => ({ expiresAt, amount: sumAmounts(amounts) }))
    .filter(({ amount }) => !isZero(amount))
    .sort((one, other) => Date.parse(one.expiresAt) - Date.parse(other.expiresAt));
}

export interface Day {
  readonly key: string;
  readonly operations: readonly Operation[];
}

/** The history by days of the clinic, in the order in which it came. */
export function groupByDay(operations: readonly Operation[]): Day[] {
  const days: { key: string; operations: Operation[] }[] = [];
  for (const operation of operations) {
    const key = dayKey(operation.posted_at);
    const last = days.at(-1);
    if (last?.key === key) last.operations.push(operation);
    else days.push({ key, operations: [operation] });
  }
  return days;
}

/** The number by which words are bent: «1 балл, 2 балла, 5 баллов, 1,5 балла». */
export const countOf = (amount: string): number => Math.abs(readHundredths(amount)) / 100;
