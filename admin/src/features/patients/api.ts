import { client, type Schemas } from '@moya/api';
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';

export type Patient = Schemas['PatientLine'];
export type Posting = Schemas['TransactionWire'];

const PAGE_SIZE = 20;

export const patientsQuery = (q: string) =>
  infiniteQueryOptions({
    queryKey: ['patients', q],
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam, signal }) => {
      const query = { q, limit: PAGE_SIZE, cursor: pageParam };
      const { data } = await client.GET('/api/admin/patients', { params: { query }, signal });
      if (!data) throw new TypeError('An answer without a body');
      return data;
    },
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  });

/** The line of one patient, found again by the card. */
export const patientQuery = (userId: string, card: string | null) =>
  queryOptions({
    queryKey: ['patient', userId, card],
    queryFn: async ({ signal }): Promise<Patient | null> => {
      if (!card) return null;
      const query = { q: card, limit: 5 };
      const { data } = await client.GET('/api/admin/patients', { params: { query }, signal });
      return data?.items.find((patient) => patient.user_id === userId) ?? null;
    },
  });

export const balanceQuery = (userId: string) =>
  queryOptions({
    queryKey: ['balance', userId],
    queryFn: async ({ signal }) => {
      const params = { path: { user_id: userId } };
      const { data } = await client.GET('/api/loyalty/balance/{user_id}', { params, signal });
      if (!data) throw new TypeError('An answer without a body');
      return data;
    },
  });

export const postingsQuery = (userId: string) =>
  infiniteQueryOptions({
    queryKey: ['postings', userId],
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam, signal }) => {
      const params = { path: { user_id: userId }, query: { limit: PAGE_SIZE, cursor: pageParam } };
      const { data } = await client.GET('/api/loyalty/transactions/{user_id}', { params, signal });
      if (!data) throw new TypeError('An answer without a body');
      return data;
    },
    getNextPageParam: (page) => page.next_cursor,
  });
