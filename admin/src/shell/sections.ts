import { IconMailForward, IconTransferIn, IconUsers } from '@tabler/icons-react';
import type { Thing } from '../access.ts';

interface Section {
  readonly to: '/patients' | '/events' | '/deliveries';
  readonly thing: Extract<Thing, 'patients' | 'events' | 'deliveries'>;
  readonly Icon: typeof IconUsers;
}

/** The menu and the palette, in one order. */
export const SECTIONS: readonly Section[] = [
  { to: '/patients', thing: 'patients', Icon: IconUsers },
  { to: '/events', thing: 'events', Icon: IconTransferIn },
  { to: '/deliveries', thing: 'deliveries', Icon: IconMailForward },
];
