import { Button, Card, Code, Group, Stack, Title } from '@mantine/core';
import { ErrorState, formatDate, formatSigned, ListSkeleton, useTitle } from '@moya/ui';
import { IconEye, IconRefresh } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { may } from '../../access.ts';
import { Facts } from '../../components/Facts.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { type EventFull, eventQuery, isReplayable, openBody, replayEvent } from './api.ts';
import { sayTopic } from './topics.ts';

export function EventShow({ eventId }: { eventId: string }) {
  const { t } = useTranslation();
  const event = useQuery(eventQuery(eventId));
  useTitle(t('event.title'));
  return (
    <Stack gap="md">
      <Link to="/events" className="quietLink">
        ← {t('section.events')}
      </Link>
      {event.isPending ? <ListSkeleton rows={4} /> : null}
      {event.isError ? <ErrorState error={event.error} onRetry={() => void event.refetch()} /> : null}
      {event.data ? <Fate event={event.data} /> : null}
      {event.data ? <Body eventId={eventId} /> : null}
    </Stack>
  );
}

function Fate({ event }: { event: EventFull }) {
  const { t, i18n } = useTranslation();
  const queryClient = useQueryClient();
  const replay = useMutation({
    mutationFn: () => replayEvent(event.id),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['event', event.id] }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['events'] }),
  });
  return (
    <Card bg="var(--app-surface)">
      <Group justify="space-between" mb="md">
        <Group>
          <Title order={1} size="h2">
            {sayTopic(event.topic)}
          </Title>
          <StateBadge state={event.state} />
        </Group>
        {isReplayable(event.state) && may('replay') ? (
          <Button
            leftSection={<IconRefresh size={18} aria-hidden />}
            loading={replay.isPending}
            onClick={() => replay.mutate()}
          >
            {t('event.replay')}
          </Button>
        ) : null}
      </Group>
      {replay.isError ? <ErrorState error={replay.error} /> : null}
      <Facts
        facts={[
          [t('events.reason'), event.reason ?? event.reason_code],
          [t('event.waitingFor'), event.waiting_for],
          [t('event.effects'), event.effects.map(sayEffect).join(', ')],
          [t('events.infobase'), event.infobase],
          [t('events.received'), formatDate(event.received_at, 'dateTime')],
          [t('event.finished'), event.finished_at ? formatDate(event.finished_at, 'dateTime') : null],
          [t('list.attempts'), event.attempts],
          [t('event.object'), <Code key="object">{event.object_ref}</Code>],
          [t('event.id'), <Code key="id">{event.event_id}</Code>],
          [t('event.correlation'), <Code key="correlation">{event.correlation_id}</Code>],
        ]}
      />
    </Card>
  );

  function sayEffect({ kind, asset, amount }: EventFull['effects'][number]): string {
    const word = i18n.exists(`ui.asset.${asset}`) ? t(`ui.asset.${asset as 'points'}`) : asset;
    return `${kind}: ${formatSigned(amount)} (${word})`;
  }
}

function Body({ eventId }: { eventId: string }) {
  const { t } = useTranslation();
  const body = useMutation({ mutationFn: () => openBody(eventId) });
  return (
    <Card component="section" aria-label={t('event.body')} bg="var(--app-surface)">
      <Group justify="space-between" mb={body.data ? 'md' : 0}>
        <Title order={2} size="h4">
          {t('event.body')}
        </Title>
        <Button
          variant="default"
          leftSection={<IconEye size={18} aria-hidden />}
          loading={body.isPending}
          onClick={() => body.mutate()}
        >
          {t('event.showBody')}
        </Button>
      </Group>
      {body.isError ? <ErrorState error={body.error} /> : null}
      {body.data ? (
        <Code block tabIndex={0} className="body">
          {body.data.text}
        </Code>
      ) : null}
    </Card>
  );
}
