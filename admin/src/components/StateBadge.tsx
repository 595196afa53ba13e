import { Badge } from '@mantine/core';
import {
  IconAlertTriangle,
  IconCheck,
  IconClock,
  IconCopy,
  IconHelp,
  IconLoader,
  IconMinus,
  IconPlayerPause,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { DeliveryState } from '../features/deliveries/api.ts';
import type { EventState } from '../features/events/api.ts';

export type AnyState = EventState | DeliveryState;

/** An icon and a word always; the colour only helps. */
const LOOKS: Record<AnyState, { Icon: typeof IconCheck; color: string }> = {
  ready: { Icon: IconClock, color: 'gray' },
  running: { Icon: IconLoader, color: 'gray' },
  processed: { Icon: IconCheck, color: 'care' },
  delivered: { Icon: IconCheck, color: 'care' },
  duplicate: { Icon: IconCopy, color: 'gray' },
  stale: { Icon: IconCopy, color: 'gray' },
  ignored: { Icon: IconMinus, color: 'gray' },
  expired: { Icon: IconMinus, color: 'gray' },
  cancelled: { Icon: IconMinus, color: 'gray' },
  parked: { Icon: IconPlayerPause, color: 'orange' },
  uncertain: { Icon: IconHelp, color: 'orange' },
  buried: { Icon: IconAlertTriangle, color: 'orange' },
};

export function StateBadge({ state }: { state: AnyState }) {
  const { t } = useTranslation();
  const { Icon, color } = LOOKS[state];
  return (
    <Badge
      variant="light"
      color={color}
      tt="none"
      size="lg"
      leftSection={<Icon size={14} aria-hidden />}
      className={`badge-${color}`}
    >
      {t(`state.${state}`)}
    </Badge>
  );
}
