import { Button, Group, Stack, Text } from '@mantine/core';
import { ErrorState, formatDate, ListSkeleton } from '@moya/ui';
import { IconAlertTriangle, IconCheck, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { may } from '../../access.ts';
import { type DestinationFull, destinationsQuery, steer } from './api.ts';

/** Where letters and texts go, and whether they may. */
export function Destinations() {
  const destinations = useQuery(destinationsQuery());
  if (destinations.isPending) return <ListSkeleton rows={1} height={52} />;
  if (destinations.isError)
    return <ErrorState error={destinations.error} onRetry={() => void destinations.refetch()} />;
  return (
    <Stack gap="xs" mb="lg">
      {destinations.data.map((destination) => (
        <Destination key={destination.name} destination={destination} />
      ))}
    </Stack>
  );
}

function Destination({ destination }: { destination: DestinationFull }) {
  const { t, i18n } = useTranslation();
  const queryClient = useQueryClient();
  const isPaused = destination.paused_at !== null;
  const turn = useMutation({
    mutationFn: () => steer(destination.name, isPaused),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['destinations'] }),
  });
  const isWell = !isPaused && destination.breaker === 'closed';
  const Icon = isPaused ? IconPlayerPause : isWell ? IconCheck : IconAlertTriangle;
  return (
    <Group className="destination" wrap="nowrap" justify="space-between">
      <Group gap="sm" wrap="nowrap">
        <Icon size={20} aria-hidden />
        <div>
          <Text fw={600}>
            {i18n.exists(`destination.${destination.name}`)
              ? t(`destination.${destination.name as 'sms'}`)
              : destination.name}
          </Text>
          <Text size="sm" c="dimmed">
            {destination.paused_at
              ? t('destinations.paused', { time: formatDate(destination.paused_at, 'dateTime') })
              : t(`destinations.${destination.breaker}`)}
          </Text>
        </div>
      </Group>
      {may('manageDestinations') ? (
        <Button
          variant="default"
          loading={turn.isPending}
          leftSection={
            isPaused ? <IconPlayerPlay size={18} aria-hidden /> : <IconPlayerPause size={18} aria-hidden />
          }
          onClick={() => turn.mutate()}
        >
          {isPaused ? t('destinations.resume') : t('destinations.pause')}
        </Button>
      ) : null}
    </Group>
  );
}
