import { client, type Schemas } from '@moya/api';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';

export type Balance = Schemas['BalanceWire'];
export type Operation = Schemas['TransactionWire'];

const ME = { user_id: 'me' };
const PAGE_SIZE = 20;

export const balanceQuery = () =>
  queryOptions({
    queryKey: ['loyalty', 'balance'],
    queryFn: async ({ signal }): Promise<Balance> => {
      const { data } = await client.GET('/api/loyalty/balance/{user_id}', { params: { path: ME }, signal });
      if (!data) throw new TypeError('An answer without a body');
      return data;
    },
  });

export const historyQuery = () =>
  infiniteQueryOptions({
    queryKey: ['loyalty', 'history'],
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam, signal }) => {
      const query = { limit: PAGE_SIZE, cursor: pageParam };
      const path = '/api/loyalty/transactions/{user_id}';
      const { data } = await client.GET(path, { params: { path: ME, query }, signal });
      if (!data) throw new TypeError('An answer without a body');
      return data;
    },
    getNextPageParam: (page) => page.next_cursor,
  });
