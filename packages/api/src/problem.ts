/** An answer of the hub that is no success, as RFC 9457 tells it: `code` is for machines, and for our texts. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly correlationId: string | null;
  readonly retryAfterS: number | null;

  constructor(facts: {
    status: number;
    code: string;
    title: string;
    correlationId: string | null;
    retryAfterS: number | null;
  }) {
    super(facts.title);
    this.name = 'ApiProblem';
    this.status = facts.status;
    this.code = facts.code;
    this.correlationId = facts.correlationId;
    this.retryAfterS = facts.retryAfterS;
  }
}

const readText = (body: unknown, key: string): string | null => {
  const value = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[key] : null;
  return typeof value === 'string' ? value : null;
};

/** Read a refusal; whatever stands between us and the hub may answer something that is no problem document. */
export async function readProblem(response: Response): Promise<ApiProblem> {
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  const retryAfter = Number(response.headers.get('retry-after'));
  return new ApiProblem({
    status: response.status,
    code: readText(body, 'code') ?? `http-${response.status}`,
    title: readText(body, 'title') ?? response.statusText,
    correlationId: response.headers.get('x-correlation-id'),
    retryAfterS: retryAfter > 0 ? retryAfter : null,
  });
}
