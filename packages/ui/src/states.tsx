import { Button, Center, Group, Skeleton, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import { useNetwork } from '@mantine/hooks';
import { IconAlertTriangle, IconRefresh, IconSearchOff, IconWifiOff } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Heart } from './Heart.tsx';
import { describeProblem } from './problems.ts';

interface StateProps {
  icon: ReactNode;
  color: string;
  title: string;
  text?: string | undefined;
  children?: ReactNode;
}

function State({ icon, color, title, text, children }: StateProps) {
  return (
    <Center py="xl">
      <Stack align="center" gap="xs" maw={360} ta="center">
        <ThemeIcon size={56} radius="xl" variant="light" color={color}>
          {icon}
        </ThemeIcon>
        <Title order={2} size="h4">
          {title}
        </Title>
        {text ? <Text c="dimmed">{text}</Text> : null}
        {children}
      </Stack>
    </Center>
  );
}

interface Words {
  title: string;
  text?: string;
  children?: ReactNode;
}

/** Nothing yet: the first visit of a section. */
export const EmptyState = (words: Words) => <State icon={<Heart size={28} />} color="heart" {...words} />;

/** Something was looked for and is not there. */
export const NoResults = (words: Words) => (
  <State icon={<IconSearchOff aria-hidden />} color="gray" {...words} />
);

/** One section failed; the others go on living. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation();
  const { title, text, correlationId } = describeProblem(error);
  return (
    <div role="alert">
      <State icon={<IconAlertTriangle aria-hidden />} color="orange" title={title} text={text}>
        {onRetry ? (
          <Button variant="light" leftSection={<IconRefresh size={18} aria-hidden />} onClick={onRetry}>
            {t('ui.retry')}
          </Button>
        ) : null}
        {correlationId ? (
          <Text size="xs" c="dimmed">
            {t('ui.requestId', { id: correlationId })}
          </Text>
        ) : null}
      </State>
    </div>
  );
}

export function ListSkeleton({ rows = 5, height = 60 }: { rows?: number; height?: number }) {
  const { t } = useTranslation();
  return (
    <Stack gap={4} role="status" aria-label={t('ui.loading')}>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows of a skeleton never change places
        <Skeleton key={row} h={height} radius="md" />
      ))}
    </Stack>
  );
}

/** A strip over the page while there is no network. */
export function OfflineBanner() {
  const { t } = useTranslation();
  const { online } = useNetwork();
  if (online) return null;
  return (
    <Group role="status" gap="xs" px="md" py={8} wrap="nowrap" className="offlineBanner">
      <IconWifiOff size={20} aria-hidden />
      <Text size="sm">{t('ui.offline')}</Text>
    </Group>
  );
}
