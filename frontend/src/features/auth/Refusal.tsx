import { Alert } from '@mantine/core';
import { describeProblem } from '@moya/ui';
import { IconAlertTriangle } from '@tabler/icons-react';

/** Why a step was refused, over the button that tries again. */
export function Refusal({ error }: { error: unknown }) {
  if (!error) return null;
  const { title, text } = describeProblem(error);
  return (
    <Alert role="alert" color="orange" icon={<IconAlertTriangle aria-hidden />} title={title}>
      {text}
    </Alert>
  );
}
