import { Card, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { formatAmount, formatMoney, formatPercent, Heart } from '@moya/ui';
import { useTranslation } from 'react-i18next';
import type { Balance } from './api.ts';
import { type AssetName, availableOf } from './figures.ts';

const CARD_HEIGHT = 258;
const TILE_HEIGHT = 132;

export function BalanceCard({ balance }: { balance: Balance }) {
  const { t } = useTranslation();
  const { tier } = balance;
  return (
    <Card className="heartCard" mih={CARD_HEIGHT} padding="xl" radius="xl" withBorder={false}>
      <Heart className="heartBg" />
      <Title order={1} size="h4" fw={500}>
        {t('account.available')}
      </Title>
      <Group gap={40} mt="md" align="flex-end">
        <Asset asset="cashback" amount={availableOf(balance, 'cashback')} />
        <Asset asset="points" amount={availableOf(balance, 'points')} />
      </Group>
      <Stack gap={2} mt="auto" pt="lg">
        <Text size="sm">
          {t('account.tier', { name: tier.name, percent: formatPercent(tier.rate_percent) })}
        </Text>
        {tier.next ? (
          <Text size="sm">
            {t('account.nextTier', { name: tier.next.name, money: formatMoney(tier.next.amount_to_next) })}
          </Text>
        ) : null}
      </Stack>
    </Card>
  );
}

function Asset({ asset, amount }: { asset: AssetName; amount: string }) {
  const { t } = useTranslation();
  return (
    <div>
      <Text fz={40} fw={700} lh={1.1} className="num">
        {formatAmount(amount)}
      </Text>
      <Text size="sm">{t(`ui.asset.${asset}`)}</Text>
    </div>
  );
}

/** As high as what it stands for: nothing jumps when the figures come. */
export function BalanceSkeleton() {
  const { t } = useTranslation();
  return (
    <Stack gap="xs" role="status" aria-label={t('ui.loading')}>
      <Card className="heartCard" mih={CARD_HEIGHT} radius="xl" withBorder={false} />
      <Group grow gap="xs">
        <Skeleton h={TILE_HEIGHT} radius="lg" />
        <Skeleton h={TILE_HEIGHT} radius="lg" />
      </Group>
    </Stack>
  );
}
