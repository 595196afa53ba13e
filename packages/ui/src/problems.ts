/** A failure in the words of the catalogue: by its code, never by what the server wrote. */
import { ApiProblem } from '@moya/api';
import i18n from 'i18next';

export interface ProblemWords {
  readonly title: string;
  readonly text: string;
  readonly correlationId: string | null;
}

function codeOf(error: unknown): string {
  if (!(error instanceof ApiProblem)) return error instanceof TypeError ? 'offline' : 'unknown';
  if (i18n.exists(`ui.problem.${error.code}.title`)) return error.code;
  return error.status >= 500 ? 'busy' : 'unknown';
}

export function describeProblem(error: unknown): ProblemWords {
  const code = codeOf(error);
  const say = i18n.t as unknown as (key: string) => string;
  return {
    title: say(`ui.problem.${code}.title`),
    text: say(`ui.problem.${code}.text`),
    correlationId: error instanceof ApiProblem ? error.correlationId : null,
  };
}

/** Only what may pass by itself is asked again: the network, and a hub that is busy. */
export const mayPass = (error: unknown): boolean =>
  !(error instanceof ApiProblem) || error.status >= 500 || error.status === 429;
