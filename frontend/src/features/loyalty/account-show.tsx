import { Alert, Stack } from '@mantine/core';
import { ErrorState, formatAmount, isZero, useTitle } from '@moya/ui';
import { IconInfoCircle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { balanceQuery } from './api.ts';
import { BalanceCard, BalanceSkeleton } from './BalanceCard.tsx';
import { debtOf } from './figures.ts';
import { History } from './History.tsx';
import { SoonTiles } from './SoonTiles.tsx';

/** How much there is, how much is coming, what burns and when; then how it came about. */
export function AccountShow() {
  const { t } = useTranslation();
  useTitle(t('account.title'));
  const balance = useQuery(balanceQuery());
  return (
    <Stack gap="lg">
      {balance.data ? (
        <Stack gap="xs">
          <BalanceCard balance={balance.data} />
          <SoonTiles balance={balance.data} />
          {isZero(debtOf(balance.data)) ? null : (
            <Alert color="gray" icon={<IconInfoCircle aria-hidden />} title={t('account.debtTitle')}>
              {t('account.debt', { amount: formatAmount(debtOf(balance.data)) })}
            </Alert>
          )}
        </Stack>
      ) : balance.isError ? (
        <ErrorState error={balance.error} onRetry={() => void balance.refetch()} />
      ) : (
        <BalanceSkeleton />
      )}
      <History />
    </Stack>
  );
}
