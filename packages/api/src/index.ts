import type { components } from './schema.d.ts';

export type Schemas = components['schemas'];
export { api, client, newIdempotencyKey, setApiLanguage } from './client.ts';
export { ApiProblem } from './problem.ts';
export {
  currentSession,
  onSessionChange,
  type Role,
  renew,
  restoreSession,
  type Session,
  signIn,
  signOut,
} from './session.ts';
