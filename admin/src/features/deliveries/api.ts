import { client, newIdempotencyKey, type Schemas } from '@moya/api';
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';

export type DeliveryState = Schemas['DeliveryState'];
export type DeliveryLine = Schemas['DeliveryLine'];
export type DestinationFull = Schemas['DestinationWire'];

export const DELIVERY_STATES = [
  'ready',
  'running',
  'delivered',
  'uncertain',
  'buried',
  'expired',
  'cancelled',
] as const satisfies readonly DeliveryState[];

const PAGE_SIZE = 30;

export const deliveriesQuery = (state: DeliveryState | null) =>
  infiniteQueryOptions({
    queryKey: ['deliveries', state],
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam, signal }) => {
      const query = { state, limit: PAGE_SIZE, cursor: pageParam };
      const { data } = await client.GET('/api/admin/deliveries', { params: { query }, signal });
      if (!data) throw new TypeError('An answer without a body');
      return data;
    },
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  });

export const destinationsQuery = () =>
  queryOptions({
    queryKey: ['destinations'],
    queryFn: async ({ signal }): Promise<DestinationFull[]> => {
      const { data } = await client.GET('/api/admin/destinations', { signal });
      return data?.items ?? [];
    },
  });

/** Pause a destination, or let it go on. */
export async function steer(name: DestinationFull['name'], isPaused: boolean): Promise<void> {
  const params = { path: { given_id: name }, header: { 'Idempotency-Key': newIdempotencyKey() } };
  if (isPaused) await client.POST('/api/admin/destinations/{given_id}/resume', { params });
  else await client.POST('/api/admin/destinations/{given_id}/pause', { params });
}
