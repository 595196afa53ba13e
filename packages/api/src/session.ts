/**
 * Who is signed in. The access token lives in memory only; a new one comes by the HttpOnly cookie, one
 * request at a time in all tabs: a refresh token used twice would end the whole family of tokens.
 */
import type { components } from './schema.d.ts';

export type Role = components['schemas']['Role'];

export interface Session {
  readonly token: string;
  readonly userId: string;
  readonly roles: readonly Role[];
}

export interface TokenAnswer {
  readonly access_token: string;
  readonly user_id: string;
  readonly roles: readonly Role[];
}

const REFRESH_PATH = '/api/auth/refresh';
const LOGOUT_PATH = '/api/auth/logout';
const LOCK = 'hub-refresh';
const SILENT_PATHS = [REFRESH_PATH, LOGOUT_PATH];

let current: Session | null = null;
let renewing: Promise<Session | null> | null = null;
let restored: Promise<Session | null> | null = null;
const listeners = new Set<() => void>();

export const currentSession = (): Session | null => current;

/** Call back whenever somebody signs in, is signed out, or gets a new token. */
export function onSessionChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function become(session: Session | null): Session | null {
  current = session;
  for (const listener of listeners) listener();
  return session;
}

export function signIn(answer: TokenAnswer): Session {
  const session = { token: answer.access_token, userId: answer.user_id, roles: answer.roles };
  restored = Promise.resolve(session);
  become(session);
  return session;
}

/** Forget the session at once; the hub is told too, and the cookie goes with it. */
export async function signOut(): Promise<void> {
  const token = current?.token;
  restored = Promise.resolve(null);
  become(null);
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  await globalThis
    .fetch(LOGOUT_PATH, { method: 'POST', credentials: 'same-origin', headers })
    .catch(() => null);
}

/** The session of this visit: asked for once by the cookie, later answers are remembered. */
export function restoreSession(): Promise<Session | null> {
  restored ??= renew();
  return current ? Promise.resolve(current) : restored;
}

/** Get a new access token by the cookie; null when there is none, or it no longer counts. */
export function renew(): Promise<Session | null> {
  renewing ??= alone(askAnew).finally(() => {
    renewing = null;
  });
  return renewing;
}

async function alone(act: () => Promise<Session | null>): Promise<Session | null> {
  // Old browsers and tests have no locks; there the promise above is the only guard.
  return 'locks' in navigator ? await navigator.locks.request(LOCK, act) : await act();
}

async function askAnew(): Promise<Session | null> {
  const response = await globalThis.fetch(REFRESH_PATH, { method: 'POST', credentials: 'same-origin' });
  // A hub that is busy says nothing about who we are: the session stays, the caller sees the failure.
  if (response.status === 429 || response.status >= 500) return null;
  if (!response.ok) return become(null);
  const answer = (await response.json()) as TokenAnswer;
  return become({ token: answer.access_token, userId: answer.user_id, roles: answer.roles });
}

/** Send with the token; when it has run out, renew it once and send again. */
export async function fetchSigned(request: Request): Promise<Response> {
  const spare = request.clone();
  const session = current;
  const first = await globalThis.fetch(withToken(request, session));
  const path = new URL(request.url).pathname;
  if (first.status !== 401 || !session || SILENT_PATHS.includes(path)) return first;
  // Another call may have renewed it meanwhile.
  const renewed = current && current.token !== session.token ? current : await renew().catch(() => null);
  return renewed ? globalThis.fetch(withToken(spare, renewed)) : first;
}

function withToken(request: Request, session: Session | null): Request {
  if (session) request.headers.set('Authorization', `Bearer ${session.token}`);
  return request;
}
