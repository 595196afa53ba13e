import { expect, it } from 'vitest';
import { isStaff, may } from './access.ts';

it('a cashier finds patients and nothing of the exchange', () => {
  expect(may('patients', ['cashier'])).toBe(true);
  expect(may('events', ['cashier'])).toBe(false);
});
it('an auditor sees events and replays none', () => {
  expect(may('events', ['auditor'])).toBe(true);
  expect(may('replay', ['auditor'])).toBe(false);
});
it('a patient is no staff, whatever the browser remembers', () => {
  expect(isStaff(['patient'])).toBe(false);
  expect(may('patients', ['patient'])).toBe(false);
});
