import { createFileRoute } from '@tanstack/react-router';
import { EventShow } from '../features/events/event-show.tsx';
import { Permission } from '../shell/Permission.tsx';

export const Route = createFileRoute('/_staff/events/$eventId')({ component: Event });

function Event() {
  const { eventId } = Route.useParams();
  return (
    <Permission thing="events">
      <EventShow eventId={eventId} />
    </Permission>
  );
}
