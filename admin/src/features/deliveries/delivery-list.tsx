import { Button, Text } from '@mantine/core';
import { EmptyState, formatDate, NoResults } from '@moya/ui';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { type Column, DataTable } from '../../components/DataTable.tsx';
import { ListPage } from '../../components/ListPage.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { StateFilter } from '../../components/StateFilter.tsx';
import { DELIVERY_STATES, type DeliveryLine, type DeliveryState, deliveriesQuery } from './api.ts';
import { Destinations } from './Destinations.tsx';

interface Props {
  state: DeliveryState | null;
  onFilter: (state: DeliveryState | null) => void;
}

export function DeliveryList({ state, onFilter }: Props) {
  const { t } = useTranslation();
  const list = useInfiniteQuery(deliveriesQuery(state));
  return (
    <ListPage
      title={t('section.deliveries')}
      filters={<StateFilter states={DELIVERY_STATES} value={state} onChange={onFilter} />}
    >
      <Destinations />
      <DataTable
        caption={t('section.deliveries')}
        columns={useColumns()}
        rows={list.data?.pages.flatMap((page) => page.items)}
        rowId={(delivery) => delivery.id}
        error={list.error}
        onRetry={() => void list.refetch()}
        isFetching={list.isFetching}
        hasMore={list.hasNextPage}
        onMore={() => void list.fetchNextPage()}
        empty={
          state ? (
            <NoResults title={t('deliveries.none')}>
              <Button variant="light" onClick={() => onFilter(null)}>
                {t('list.reset')}
              </Button>
            </NoResults>
          ) : (
            <EmptyState title={t('deliveries.empty')} text={t('deliveries.emptyHint')} />
          )
        }
      />
    </ListPage>
  );
}

function useColumns(): Column<DeliveryLine>[] {
  const { t, i18n } = useTranslation();
  return [
    {
      id: 'kind',
      header: t('deliveries.what'),
      cell: ({ row: { original } }) => (
        <Text fw={600}>
          {i18n.exists(`deliveryKind.${original.kind.replace('.', '_')}`)
            ? t(`deliveryKind.${original.kind.replace('.', '_') as 'sms_code'}`)
            : original.kind}
        </Text>
      ),
    },
    { id: 'state', header: t('list.state'), cell: ({ row }) => <StateBadge state={row.original.state} /> },
    { id: 'reason', header: t('events.reason'), cell: ({ row }) => row.original.reason ?? '—' },
    { id: 'attempts', header: t('list.attempts'), cell: ({ row }) => row.original.attempts },
    {
      id: 'created',
      header: t('deliveries.created'),
      cell: ({ row }) => formatDate(row.original.created_at, 'dateTime'),
    },
    {
      id: 'finished',
      header: t('event.finished'),
      cell: ({ row }) => (row.original.finished_at ? formatDate(row.original.finished_at, 'dateTime') : '—'),
    },
  ];
}
