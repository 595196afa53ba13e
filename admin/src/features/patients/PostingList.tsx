import { Card, Title } from '@mantine/core';
import { EmptyState, formatAmount, formatDate, formatLastDay, formatSigned } from '@moya/ui';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { type Column, DataTable } from '../../components/DataTable.tsx';
import { type Posting, postingsQuery } from './api.ts';

export function PostingList({ userId }: { userId: string }) {
  const { t } = useTranslation();
  const list = useInfiniteQuery(postingsQuery(userId));
  return (
    <Card component="section" aria-labelledby="postings" bg="var(--app-surface)">
      <Title order={2} size="h4" id="postings" mb="xs">
        {t('postings.title')}
      </Title>
      <DataTable
        caption={t('postings.title')}
        columns={useColumns()}
        rows={list.data?.pages.flatMap((page) => page.items)}
        rowId={(posting) => posting.id}
        error={list.error}
        onRetry={() => void list.refetch()}
        isFetching={list.isFetching}
        hasMore={list.hasNextPage}
        onMore={() => void list.fetchNextPage()}
        empty={<EmptyState title={t('postings.empty')} text={t('postings.emptyHint')} />}
      />
    </Card>
  );
}

function useColumns(): Column<Posting>[] {
  const { t } = useTranslation();
  return [
    {
      id: 'posted',
      header: t('postings.when'),
      cell: ({ row }) => formatDate(row.original.posted_at, 'dateTime'),
    },
    {
      id: 'kind',
      header: t('postings.what'),
      cell: ({ row: { original } }) =>
        original.pending
          ? t('postings.pending', { kind: t(`ui.kind.${original.kind}`) })
          : t(`ui.kind.${original.kind}`),
    },
    { id: 'asset', header: t('postings.asset'), cell: ({ row }) => t(`ui.asset.${row.original.asset}`) },
    {
      id: 'document',
      header: t('postings.document'),
      cell: ({ row }) => row.original.document?.number ?? '—',
    },
    {
      id: 'expires',
      header: t('postings.until'),
      cell: ({ row }) => (row.original.expires_at ? formatLastDay(row.original.expires_at, 'day') : '—'),
    },
    {
      id: 'amount',
      header: t('postings.amount'),
      cell: ({ row }) => <strong className="num">{formatSigned(row.original.amount)}</strong>,
    },
    {
      id: 'after',
      header: t('postings.after'),
      cell: ({ row }) =>
        row.original.balance_after === null ? '—' : formatAmount(row.original.balance_after),
    },
  ];
}
