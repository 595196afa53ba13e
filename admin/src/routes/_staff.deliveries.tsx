import { createFileRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { DELIVERY_STATES } from '../features/deliveries/api.ts';
import { DeliveryList } from '../features/deliveries/delivery-list.tsx';
import { Permission } from '../shell/Permission.tsx';

export const Route = createFileRoute('/_staff/deliveries')({
  validateSearch: z.object({ state: z.enum(DELIVERY_STATES).optional().catch(undefined) }),
  component: Deliveries,
});

function Deliveries() {
  const { state } = Route.useSearch();
  const navigate = Route.useNavigate();
  return (
    <Permission thing="deliveries">
      <DeliveryList
        state={state ?? null}
        onFilter={(chosen) => void navigate({ search: chosen ? { state: chosen } : {}, replace: true })}
      />
    </Permission>
  );
}
