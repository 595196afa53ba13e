import { currentSession } from '@moya/api';
import type { QueryClient } from '@tanstack/react-query';

/** When another person, or nobody, is signed in, nothing of the one before is left on the screen. */
export function watchSession(queryClient: QueryClient, onOther: () => void): () => void {
  let userId = currentSession()?.userId;
  return () => {
    const now = currentSession()?.userId;
    if (now === userId) return;
    userId = now;
    queryClient.clear();
    onOther();
  };
}
