import { Button } from '@mantine/core';
import { EmptyState, formatDate, NoResults } from '@moya/ui';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { type Column, DataTable } from '../../components/DataTable.tsx';
import { ListPage } from '../../components/ListPage.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { StateFilter } from '../../components/StateFilter.tsx';
import { EVENT_STATES, type EventLine, type EventState, eventsQuery } from './api.ts';
import { sayTopic } from './topics.ts';

interface Props {
  state: EventState | null;
  onFilter: (state: EventState | null) => void;
}

export function EventList({ state, onFilter }: Props) {
  const { t } = useTranslation();
  const list = useInfiniteQuery(eventsQuery(state));
  return (
    <ListPage
      title={t('section.events')}
      filters={<StateFilter states={EVENT_STATES} value={state} onChange={onFilter} />}
    >
      <DataTable
        caption={t('section.events')}
        columns={useColumns()}
        rows={list.data?.pages.flatMap((page) => page.items)}
        rowId={(event) => event.id}
        error={list.error}
        onRetry={() => void list.refetch()}
        isFetching={list.isFetching}
        hasMore={list.hasNextPage}
        onMore={() => void list.fetchNextPage()}
        empty={
          state ? (
            <NoResults title={t('events.none')}>
              <Button variant="light" onClick={() => onFilter(null)}>
                {t('list.reset')}
              </Button>
            </NoResults>
          ) : (
            <EmptyState title={t('events.empty')} text={t('events.emptyHint')} />
          )
        }
      />
    </ListPage>
  );
}

function useColumns(): Column<EventLine>[] {
  const { t } = useTranslation();
  return [
    {
      id: 'topic',
      header: t('events.what'),
      cell: ({ row: { original } }) => (
        <Link to="/events/$eventId" params={{ eventId: original.id }} className="quietLink">
          {sayTopic(original.topic)}
        </Link>
      ),
    },
    { id: 'state', header: t('list.state'), cell: ({ row }) => <StateBadge state={row.original.state} /> },
    { id: 'reason', header: t('events.reason'), cell: ({ row }) => row.original.reason_code ?? '—' },
    { id: 'infobase', header: t('events.infobase'), cell: ({ row }) => row.original.infobase },
    { id: 'attempts', header: t('list.attempts'), cell: ({ row }) => row.original.attempts },
    {
      id: 'received',
      header: t('events.received'),
      cell: ({ row }) => formatDate(row.original.received_at, 'dateTime'),
    },
  ];
}
