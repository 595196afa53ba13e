import { Card, Group, SimpleGrid, Text } from '@mantine/core';
import { formatAmount, formatLastDay } from '@moya/ui';
import { IconClock, IconFlame } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Balance } from './api.ts';
import { burningOf, pendingOf } from './figures.ts';

export function SoonTiles({ balance }: { balance: Balance }) {
  const { t } = useTranslation();
  const [first, ...later] = burningOf(balance);
  return (
    <SimpleGrid cols={2} spacing="xs">
      <Tile icon={<IconClock size={18} aria-hidden />} label={t('account.pending')}>
        <Figure amount={pendingOf(balance)} />
        <Hint>{t('account.pendingHint')}</Hint>
      </Tile>
      <Tile icon={<IconFlame size={18} aria-hidden />} label={t('account.burning')}>
        {first ? (
          <>
            <Figure amount={first.amount} />
            <Hint>{t('account.burningUntil', { date: formatLastDay(first.expiresAt, 'day') })}</Hint>
            {later.length > 0 ? <Hint>{t('account.burningLater', { count: later.length })}</Hint> : null}
          </>
        ) : (
          <>
            <Figure amount="0.00" />
            <Hint>{t('account.burningNone')}</Hint>
          </>
        )}
      </Tile>
    </SimpleGrid>
  );
}

function Tile({ icon, label, children }: { icon: ReactNode; label: string; children: ReactNode }) {
  return (
    <Card mih={132} padding="md" bg="var(--app-surface)">
      <Group gap={6} mb={6} wrap="nowrap" align="center" c="dimmed">
        {icon}
        <Text size="sm">{label}</Text>
      </Group>
      {children}
    </Card>
  );
}

const Figure = ({ amount }: { amount: string }) => (
  <Text fw={650} size="xl" className="num">
    {formatAmount(amount)}
  </Text>
);

const Hint = ({ children }: { children: ReactNode }) => (
  <Text size="xs" c="dimmed">
    {children}
  </Text>
);
