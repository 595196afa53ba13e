import { createFileRoute } from '@tanstack/react-router';
import { AccountShow } from '../features/loyalty/account-show.tsx';
import { balanceQuery, historyQuery } from '../features/loyalty/api.ts';

const ignore = () => undefined;

export const Route = createFileRoute('/_patient/')({
  codeSplitGroupings: [],
  // The screen is drawn at once with its skeleton; the questions are already on their way.
  loader: ({ context: { queryClient } }) => {
    queryClient.prefetchQuery(balanceQuery()).catch(ignore);
    queryClient.prefetchInfiniteQuery(historyQuery()).catch(ignore);
  },
  component: AccountShow,
});
