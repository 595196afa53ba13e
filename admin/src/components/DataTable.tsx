import { Button, Group, Skeleton, Table } from '@mantine/core';
import { ErrorState } from '@moya/ui';
import { type ColumnDef, flexRender, type RowData, tableFeatures, useTable } from '@tanstack/react-table';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

const features = tableFeatures({});
export type Column<T extends RowData> = ColumnDef<typeof features, T, unknown>;

const SKELETON_ROWS = 8;

interface Props<T extends RowData> {
  caption: string;
  columns: Column<T>[];
  /** Undefined while the first page is on its way. */
  rows: T[] | undefined;
  rowId: (row: T) => string;
  error: unknown;
  onRetry: () => void;
  empty: ReactNode;
  isFetching: boolean;
  hasMore?: boolean;
  onMore?: () => void;
}

/** A list of the hub: newest first, page after page. Filters live in the address, not here. */
export function DataTable<T extends RowData>(props: Props<T>) {
  const { t } = useTranslation();
  const table = useTable({
    features,
    data: props.rows ?? [],
    columns: props.columns,
    getRowId: props.rowId,
  });
  if (props.error && !props.rows) return <ErrorState error={props.error} onRetry={props.onRetry} />;
  if (props.rows?.length === 0) return props.empty;
  return (
    <>
      <Table.ScrollContainer
        minWidth={760}
        type="native"
        scrollAreaProps={{ tabIndex: 0, role: 'region', 'aria-label': props.caption } as object}
      >
        <Table highlightOnHover verticalSpacing="sm" aria-busy={props.isFetching} aria-label={props.caption}>
          <Table.Thead>
            {table.getHeaderGroups().map((group) => (
              <Table.Tr key={group.id}>
                {group.headers.map((header) => (
                  <Table.Th key={header.id} scope="col">
                    {flexRender(header.column.columnDef.header, header.getContext())}
                  </Table.Th>
                ))}
              </Table.Tr>
            ))}
          </Table.Thead>
          <Table.Tbody>
            {props.rows
              ? table.getRowModel().rows.map((row) => (
                  <Table.Tr key={row.id}>
                    {row.getAllCells().map((cell) => (
                      <Table.Td key={cell.id}>
                        {flexRender(cell.column.columnDef.cell, cell.getContext())}
                      </Table.Td>
                    ))}
                  </Table.Tr>
                ))
              : Array.from({ length: SKELETON_ROWS }, (_, row) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: rows of a skeleton never change places
                  <Table.Tr key={row}>
                    <Table.Td colSpan={props.columns.length}>
                      <Skeleton h={22} />
                    </Table.Td>
                  </Table.Tr>
                ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {props.error ? <ErrorState error={props.error} onRetry={props.onRetry} /> : null}
      {props.hasMore ? (
        <Group justify="center" mt="md">
          <Button variant="default" loading={props.isFetching} onClick={props.onMore}>
            {t('list.more')}
          </Button>
        </Group>
      ) : null}
    </>
  );
}
