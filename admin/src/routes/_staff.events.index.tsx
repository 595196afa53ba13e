import { createFileRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { EVENT_STATES } from '../features/events/api.ts';
import { EventList } from '../features/events/event-list.tsx';
import { Permission } from '../shell/Permission.tsx';

export const Route = createFileRoute('/_staff/events/')({
  validateSearch: z.object({ state: z.enum(EVENT_STATES).optional().catch(undefined) }),
  component: Events,
});

function Events() {
  const { state } = Route.useSearch();
  const navigate = Route.useNavigate();
  return (
    <Permission thing="events">
      <EventList
        state={state ?? null}
        onFilter={(chosen) => void navigate({ search: chosen ? { state: chosen } : {}, replace: true })}
      />
    </Permission>
  );
}
