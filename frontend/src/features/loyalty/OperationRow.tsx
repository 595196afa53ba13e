import { Group, Stack, Text, ThemeIcon } from '@mantine/core';
import { formatDate, formatLastDay, formatSigned, readHundredths } from '@moya/ui';
import {
  IconArrowBackUp,
  IconClock,
  IconFlame,
  type IconMinus as IconKind,
  IconMinus,
  IconPlus,
  IconUsers,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Operation } from './api.ts';

const ICONS: Partial<Record<Operation['kind'], typeof IconKind>> = {
  expiry: IconFlame,
  refund: IconArrowBackUp,
  clawback: IconArrowBackUp,
  reward: IconUsers,
};

/** One line: what it was by kind and day. What was done to the patient is nobody's business here. */
export function OperationRow({ operation }: { operation: Operation }) {
  const { t } = useTranslation();
  const { kind, amount, pending, expires_at } = operation;
  const isIncome = readHundredths(amount) > 0;
  const Icon = pending ? IconClock : (ICONS[kind] ?? (isIncome ? IconPlus : IconMinus));
  const color = pending ? 'dimmed' : isIncome ? 'var(--app-positive)' : 'var(--mantine-color-text)';
  return (
    <Group component="li" wrap="nowrap" py={10} gap="sm">
      <ThemeIcon variant="light" radius="xl" size={40} color={isIncome && !pending ? 'care' : 'gray'}>
        <Icon size={20} aria-hidden />
      </ThemeIcon>
      <Stack gap={0} className="grow">
        <Text>{t(`ui.kind.${kind}`)}</Text>
        <Text size="xs" c="dimmed">
          {t('history.line', {
            asset: t(`ui.asset.${operation.asset}`),
            time: formatDate(operation.posted_at, 'time'),
          })}
        </Text>
        {pending ? (
          <Text size="xs" c="dimmed">
            {t('history.pending')}
          </Text>
        ) : null}
        {!pending && isIncome && expires_at ? (
          <Text size="xs" c="dimmed">
            {t('history.until', { date: formatLastDay(expires_at, 'day') })}
          </Text>
        ) : null}
      </Stack>
      <Text fw={650} className="num" c={color}>
        {formatSigned(amount)}
      </Text>
    </Group>
  );
}
