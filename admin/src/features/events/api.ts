import { client, newIdempotencyKey, type Schemas } from '@moya/api';
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';

export type EventState = Schemas['InboxState'];
export type EventLine = Schemas['EventLine'];
export type EventFull = Schemas['EventWire'];

export const EVENT_STATES = [
  'ready',
  'running',
  'processed',
  'parked',
  'buried',
  'duplicate',
  'stale',
  'ignored',
] as const satisfies readonly EventState[];

const REPLAYABLE: readonly EventState[] = ['parked', 'buried', 'ignored', 'stale'];
const UNSETTLED: readonly EventState[] = ['ready', 'running'];
const PAGE_SIZE = 30;
const LOOK_AGAIN_MS = 1500;

export const isReplayable = (state: EventState): boolean => REPLAYABLE.includes(state);

export const eventsQuery = (state: EventState | null) =>
  infiniteQueryOptions({
    queryKey: ['events', state],
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam, signal }) => {
      const query = { state, limit: PAGE_SIZE, cursor: pageParam };
      const { data } = await client.GET('/api/admin/events', { params: { query }, signal });
      if (!data) throw new TypeError('An answer without a body');
      return data;
    },
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  });

/** One event; looked at again while it has not ended. */
export const eventQuery = (eventId: string) =>
  queryOptions({
    queryKey: ['event', eventId],
    queryFn: async ({ signal }): Promise<EventFull> => {
      const params = { path: { given_id: eventId } };
      const { data } = await client.GET('/api/admin/events/{given_id}', { params, signal });
      if (!data) throw new TypeError('An answer without a body');
      return data;
    },
    refetchInterval: ({ state: { data } }) =>
      data && UNSETTLED.includes(data.state) ? LOOK_AGAIN_MS : false,
  });

/** What was sent; looking at it is written into the audit trail. */
export async function openBody(eventId: string): Promise<Schemas['BodyWire'] | null> {
  const params = { path: { given_id: eventId }, query: { body: true } };
  const { data } = await client.GET('/api/admin/events/{given_id}', { params });
  return data?.body ?? null;
}

export async function replayEvent(eventId: string): Promise<void> {
  const params = { path: { given_id: eventId }, header: { 'Idempotency-Key': newIdempotencyKey() } };
  await client.POST('/api/admin/events/{given_id}/replay', { params });
}
