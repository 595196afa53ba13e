import { Button, Card, Stack, Text, Title } from '@mantine/core';
import { EmptyState, ErrorState, formatDate, ListSkeleton } from '@moya/ui';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { historyQuery } from './api.ts';
import { groupByDay } from './figures.ts';
import { OperationRow } from './OperationRow.tsx';

export function History() {
  const { t } = useTranslation();
  const history = useInfiniteQuery(historyQuery());
  const operations = history.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Card component="section" aria-labelledby="history" bg="var(--app-surface)">
      <Title order={2} size="h4" id="history" mb="xs">
        {t('history.title')}
      </Title>
      {history.isPending ? <ListSkeleton /> : null}
      {history.isError && operations.length === 0 ? (
        <ErrorState error={history.error} onRetry={() => void history.refetch()} />
      ) : null}
      {history.isSuccess && operations.length === 0 ? (
        <EmptyState title={t('history.empty')} text={t('history.emptyHint')} />
      ) : null}
      {groupByDay(operations).map((day) => (
        <section key={day.key} aria-label={formatDate(day.key)}>
          <Text size="sm" c="dimmed" mt="sm" fw={600}>
            {formatDate(day.key)}
          </Text>
          <ul className="plainList">
            {day.operations.map((operation) => (
              <OperationRow key={operation.id} operation={operation} />
            ))}
          </ul>
        </section>
      ))}
      {history.isFetchNextPageError ? <ErrorState error={history.error} /> : null}
      {history.hasNextPage ? (
        <Stack mt="md">
          <Button
            variant="light"
            loading={history.isFetchingNextPage}
            onClick={() => void history.fetchNextPage()}
          >
            {t('history.more')}
          </Button>
        </Stack>
      ) : null}
    </Card>
  );
}
