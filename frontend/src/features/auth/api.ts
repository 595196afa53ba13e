import { client, type Schemas, signIn } from '@moya/api';
import { queryOptions } from '@tanstack/react-query';

export type Profile = Schemas['ProfileChoice'];
export type ConsentText = Schemas['ConsentTextWire'];
export type Newcomer = Pick<
  Schemas['EnrolmentAsked'],
  'first_name' | 'last_name' | 'birth_date' | 'consents' | 'referral_code'
>;
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'choose'; readonly chooseToken: string; readonly profiles: readonly Profile[] }
  | { readonly kind: 'enrol'; readonly enrolToken: string };

const DONE: Outcome = { kind: 'done' };

/** Ask for a code; the hub answers the same for every phone. */
export async function requestCode(phone: string): Promise<void> {
  await client.POST('/api/auth/code', { body: { phone } });
}

/** Prove the phone: one profile is signed in at once, a family chooses, a newcomer joins. */
export async function proveCode(phone: string, code: string): Promise<Outcome> {
  const { data } = await client.POST('/api/auth/token', { body: { phone, code } });
  if (!data) throw new TypeError('An answer without a body');
  if ('profiles' in data) return { kind: 'choose', chooseToken: data.choose_token, profiles: data.profiles };
  if ('enrol_token' in data) return { kind: 'enrol', enrolToken: data.enrol_token };
  signIn(data);
  return DONE;
}

export async function chooseProfile(chooseToken: string, profileId: string): Promise<Outcome> {
  const { data } = await client.POST('/api/auth/choose', {
    body: { choose_token: chooseToken, profile_id: profileId },
  });
  if (!data) throw new TypeError('An answer without a body');
  signIn(data);
  return DONE;
}

export const consentTextsQuery = (language: string) =>
  queryOptions({
    queryKey: ['consent-texts', language],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }): Promise<ConsentText[]> => {
      const { data } = await client.GET('/api/auth/consents', { signal });
      return data?.items ?? [];
    },
  });

export async function enrol(enrolToken: string, newcomer: Newcomer): Promise<Outcome> {
  const { data } = await client.POST('/api/auth/enrol', { body: { enrol_token: enrolToken, ...newcomer } });
  if (!data) throw new TypeError('An answer without a body');
  signIn(data);
  return DONE;
}
