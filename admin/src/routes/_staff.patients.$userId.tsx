import { createFileRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { PatientShow } from '../features/patients/patient-show.tsx';
import { Permission } from '../shell/Permission.tsx';

export const Route = createFileRoute('/_staff/patients/$userId')({
  validateSearch: z.object({ card: z.string().max(64).optional().catch(undefined) }),
  component: Patient,
});

function Patient() {
  const { userId } = Route.useParams();
  const { card } = Route.useSearch();
  return (
    <Permission thing="patients">
      <PatientShow userId={userId} card={card ?? null} />
    </Permission>
  );
}
