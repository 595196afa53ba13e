import createFetchClient, { type Middleware } from 'openapi-fetch';
import createClient from 'openapi-react-query';
import { readProblem } from './problem.ts';
import type { paths } from './schema.d.ts';
import { fetchSigned } from './session.ts';

let language: string | null = null;

/** In which language the hub names tiers and problems. */
export const setApiLanguage = (chosen: string): void => {
  language = chosen;
};

const manners: Middleware = {
  onRequest({ request }) {
    if (language) request.headers.set('Accept-Language', language);
    return request;
  },
  async onResponse({ response }) {
    if (!response.ok) throw await readProblem(response);
  },
};

export const client = createFetchClient<paths>({
  baseUrl: location.origin,
  credentials: 'same-origin',
  fetch: fetchSigned,
});
client.use(manners);
export const api = createClient(client);

/** A key for one intention of a person: the same press of a button, sent twice, acts once. */
export const newIdempotencyKey = (): string => crypto.randomUUID();
