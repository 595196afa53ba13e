import { Card, Group, Title } from '@mantine/core';
import { useTitle } from '@moya/ui';
import type { ReactNode } from 'react';

/** Title, filters, one card with the list: every list looks so. */
export function ListPage({
  title,
  filters,
  children,
}: {
  title: string;
  filters?: ReactNode;
  children: ReactNode;
}) {
  useTitle(title);
  return (
    <>
      <Group justify="space-between" mb="md">
        <Title order={1} size="h2">
          {title}
        </Title>
        {filters}
      </Group>
      <Card bg="var(--app-surface)">{children}</Card>
    </>
  );
}
