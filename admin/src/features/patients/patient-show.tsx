import { Card, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import type { Schemas } from '@moya/api';
import {
  ErrorState,
  formatAmount,
  formatLastDay,
  formatPercent,
  isZero,
  ListSkeleton,
  useTitle,
} from '@moya/ui';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Facts } from '../../components/Facts.tsx';
import { balanceQuery, patientQuery } from './api.ts';
import { PostingList } from './PostingList.tsx';

export function PatientShow({ userId, card }: { userId: string; card: string | null }) {
  const { t } = useTranslation();
  const patient = useQuery(patientQuery(userId, card));
  const balance = useQuery(balanceQuery(userId));
  const title = patient.data?.name ?? t('patient.title');
  useTitle(title);
  return (
    <Stack gap="md">
      <div>
        <Link to="/patients" className="quietLink">
          ← {t('section.patients')}
        </Link>
        <Title order={1} size="h2" mt={4}>
          {title}
        </Title>
        {patient.data ? (
          <Group gap="md" mt={4} c="dimmed">
            <Text size="sm" className="num">
              {patient.data.phone_masked || '—'}
            </Text>
            <Text size="sm" className="num">
              {t('patient.card', { card: patient.data.card_code ?? '—' })}
            </Text>
          </Group>
        ) : null}
      </div>
      {balance.isPending ? <ListSkeleton rows={1} height={150} /> : null}
      {balance.isError ? <ErrorState error={balance.error} onRetry={() => void balance.refetch()} /> : null}
      {balance.data ? <Figures balance={balance.data} /> : null}
      <PostingList userId={userId} />
    </Stack>
  );
}

function Figures({ balance }: { balance: Schemas['BalanceWire'] }) {
  const { t } = useTranslation();
  const { tier } = balance;
  return (
    <SimpleGrid cols={{ base: 1, sm: balance.assets.length + 1 }}>
      {balance.assets.map(({ asset, available, pending, held, debt, expiring }) => (
        <Card key={asset} component="section" aria-label={t(`ui.asset.${asset}`)} bg="var(--app-surface)">
          <Text c="dimmed">{t(`ui.asset.${asset}`)}</Text>
          <Text fz={32} fw={700} className="num" mb="xs">
            {formatAmount(available)}
          </Text>
          <Facts
            facts={[
              [t('patient.pending'), formatAmount(pending)],
              [t('patient.held'), formatAmount(held)],
              ...(isZero(debt) ? [] : [[t('patient.debt'), formatAmount(debt)] as const]),
              ...expiring
                .slice(0, 1)
                .map(
                  (lot) =>
                    [
                      t('patient.burns', { date: formatLastDay(lot.expires_at, 'day') }),
                      formatAmount(lot.amount),
                    ] as const,
                ),
            ]}
          />
        </Card>
      ))}
      <Card component="section" aria-label={t('patient.tier')} bg="var(--app-surface)">
        <Text c="dimmed">{t('patient.tier')}</Text>
        <Text fz={32} fw={700} mb="xs">
          {tier.name}
        </Text>
        <Facts facts={[[t('patient.rate'), formatPercent(tier.rate_percent)]]} />
      </Card>
    </SimpleGrid>
  );
}
