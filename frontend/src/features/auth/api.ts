import { client, type Schemas, signIn } from '@moya/api';

export type Profile = Schemas['ProfileChoice'];
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'choose'; readonly chooseToken: string; readonly profiles: readonly Profile[] };

const DONE: Outcome = { kind: 'done' };

/** Ask for a code; the hub answers the same for every phone. */
export async function requestCode(phone: string): Promise<void> {
  await client.POST('/api/auth/code', { body: { phone } });
}

/** Prove the phone: one profile is signed in at once, a family chooses. */
export async function proveCode(phone: string, code: string): Promise<Outcome> {
  const { data } = await client.POST('/api/auth/token', { body: { phone, code } });
  if (!data) throw new TypeError('An answer without a body');
  if ('profiles' in data) return { kind: 'choose', chooseToken: data.choose_token, profiles: data.profiles };
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
