import { Button, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { EmptyState, formatDate, NoResults } from '@moya/ui';
import { IconSearch } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Column, DataTable } from '../../components/DataTable.tsx';
import { ListPage } from '../../components/ListPage.tsx';
import { type Patient, patientsQuery } from './api.ts';

const TYPING_MS = 250;

export function PatientList({ q, onSearch }: { q: string; onSearch: (text: string) => void }) {
  const { t } = useTranslation();
  const list = useInfiniteQuery(patientsQuery(q));
  return (
    <ListPage title={t('section.patients')} filters={<Search q={q} onSearch={onSearch} />}>
      <DataTable
        caption={t('section.patients')}
        columns={useColumns()}
        rows={list.data?.pages.flatMap((page) => page.items)}
        rowId={(patient) => patient.user_id}
        error={list.error}
        onRetry={() => void list.refetch()}
        isFetching={list.isFetching}
        hasMore={list.hasNextPage}
        onMore={() => void list.fetchNextPage()}
        empty={
          q ? (
            <NoResults title={t('patients.notFound', { q })} text={t('patients.notFoundHint')}>
              <Button variant="light" onClick={() => onSearch('')}>
                {t('list.reset')}
              </Button>
            </NoResults>
          ) : (
            <EmptyState title={t('patients.empty')} text={t('patients.emptyHint')} />
          )
        }
      />
    </ListPage>
  );
}

function Search({ q, onSearch }: { q: string; onSearch: (text: string) => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState(q);
  const search = useDebouncedCallback((typed: string) => onSearch(typed.trim()), TYPING_MS);
  // The palette and «back» change the address under the field.
  useEffect(() => setText((typed) => (typed.trim() === q ? typed : q)), [q]);
  return (
    <TextInput
      type="search"
      aria-label={t('patients.search')}
      placeholder={t('patients.searchHint')}
      leftSection={<IconSearch size={16} aria-hidden />}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        search(event.currentTarget.value);
      }}
      w={{ base: '100%', sm: 340 }}
    />
  );
}

function useColumns(): Column<Patient>[] {
  const { t } = useTranslation();
  return [
    {
      id: 'name',
      header: t('patients.name'),
      cell: ({ row: { original } }) => (
        <Link
          to="/patients/$userId"
          params={{ userId: original.user_id }}
          search={original.card_code ? { card: original.card_code } : {}}
          className="quietLink"
        >
          {original.name}
        </Link>
      ),
    },
    { id: 'phone', header: t('patients.phone'), cell: ({ row }) => row.original.phone_masked || '—' },
    { id: 'card', header: t('patients.card'), cell: ({ row }) => row.original.card_code ?? '—' },
    { id: 'since', header: t('patients.since'), cell: ({ row }) => formatDate(row.original.created_at) },
  ];
}
