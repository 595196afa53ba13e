import { createFileRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { PatientList } from '../features/patients/patient-list.tsx';
import { Permission } from '../shell/Permission.tsx';

export const Route = createFileRoute('/_staff/patients/')({
  validateSearch: z.object({ q: z.string().max(200).optional().catch(undefined) }),
  component: Patients,
});

function Patients() {
  const { q } = Route.useSearch();
  const navigate = Route.useNavigate();
  return (
    <Permission thing="patients">
      <PatientList
        q={q ?? ''}
        onSearch={(text) => void navigate({ search: text ? { q: text } : {}, replace: true })}
      />
    </Permission>
  );
}
