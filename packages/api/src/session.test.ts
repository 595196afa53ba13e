import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { client } from './client.ts';
import { ApiProblem } from './problem.ts';
import { currentSession, onSessionChange, renew, restoreSession, signIn, signOut } from './session.ts';

const answer = (token: string) => ({ access_token: token, user_id: 'u-1', roles: ['patient'] as const });
const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });

const hub = vi.fn<(request: Request | string, init?: RequestInit) => Promise<Response>>();
const pathOf = (request: Request | string) =>
  typeof request === 'string' ? request : new URL(request.url).pathname;
const tokenOf = (request: Request | string) =>
  typeof request === 'string' ? null : request.headers.get('authorization');

beforeEach(() => {
  hub.mockReset();
  vi.stubGlobal('fetch', hub);
});
afterEach(async () => {
  hub.mockResolvedValue(new Response(null, { status: 204 }));
  await signOut();
  vi.unstubAllGlobals();
});

it('asks for one new token, however many calls have run out at once', async () => {
  signIn(answer('old'));
  hub.mockImplementation(async (request) => {
    if (pathOf(request) === '/api/auth/refresh') return json(answer('new'));
    return tokenOf(request) === 'Bearer new'
      ? json({ user_id: 'u-1' })
      : json({ code: 'token-expired' }, 401);
  });
  const calls = await Promise.all([client.GET('/api/me'), client.GET('/api/me'), client.GET('/api/me')]);
  expect(calls.map((call) => call.data?.user_id)).toEqual(['u-1', 'u-1', 'u-1']);
  expect(hub.mock.calls.filter(([request]) => pathOf(request) === '/api/auth/refresh')).toHaveLength(1);
  expect(currentSession()?.token).toBe('new');
});

it('signs nobody out because the hub is busy', async () => {
  signIn(answer('kept'));
  hub.mockResolvedValue(json({ code: 'unavailable' }, 503));
  expect(await renew()).toBeNull();
  expect(currentSession()?.token).toBe('kept');
});

it('ends the session when the cookie no longer counts, and says so once', async () => {
  signIn(answer('old'));
  const told = vi.fn();
  const stop = onSessionChange(told);
  hub.mockResolvedValue(json({ code: 'token-reused' }, 401));
  await expect(client.GET('/api/me')).rejects.toMatchObject({ status: 401, code: 'token-reused' });
  stop();
  expect(currentSession()).toBeNull();
  expect(told).toHaveBeenCalledOnce();
});

it('remembers what the cookie answered at the start', async () => {
  hub.mockResolvedValue(new Response(null, { status: 204 }));
  signIn(answer('here'));
  expect((await restoreSession())?.token).toBe('here');
  expect(hub).not.toHaveBeenCalled();
});

it('turns a problem document into an error with its code, id and patience', async () => {
  hub.mockResolvedValue(
    json({ code: 'rate-limited', title: 'x' }, 429, { 'x-correlation-id': 'c-1', 'retry-after': '30' }),
  );
  const refused = await client
    .POST('/api/auth/code', { body: { phone: '+79000000001' } })
    .catch((error) => error);
  expect(refused).toBeInstanceOf(ApiProblem);
  expect(refused).toMatchObject({ code: 'rate-limited', correlationId: 'c-1', retryAfterS: 30 });
});

it('understands a refusal of a proxy that knows no problem documents', async () => {
  hub.mockResolvedValue(new Response('<html>', { status: 502 }));
  await expect(client.GET('/api/me')).rejects.toMatchObject({ status: 502, code: 'http-502' });
});
