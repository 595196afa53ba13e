/** What each role of staff finds in the menu. The hub is the judge; this only spares them closed doors. */
import { currentSession, type Role } from '@moya/api';

export const STAFF: readonly Role[] = [
  'doctor',
  'cashier',
  'senior_cashier',
  'marketer',
  'accountant',
  'auditor',
  'admin',
];

const SEEN_BY = {
  patients: ['cashier', 'senior_cashier', 'auditor', 'admin'],
  events: ['auditor', 'admin'],
  deliveries: ['auditor', 'admin'],
  destinations: ['auditor', 'admin'],
  replay: ['admin'],
  manageDestinations: ['admin'],
} as const satisfies Record<string, readonly Role[]>;

export type Thing = keyof typeof SEEN_BY;

export const isStaff = (roles: readonly Role[]): boolean => roles.some((role) => STAFF.includes(role));

export const may = (thing: Thing, roles: readonly Role[] = currentSession()?.roles ?? []): boolean =>
  (SEEN_BY[thing] as readonly Role[]).some((role) => roles.includes(role));
