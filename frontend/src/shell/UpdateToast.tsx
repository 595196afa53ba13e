import { useRegisterSW } from 'virtual:pwa-register/react';
import { Button, Card, Group, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';

/** A new build waits until the patient says so: nothing is reloaded under their hands. */
export function UpdateToast() {
  const { t } = useTranslation();
  const {
    needRefresh: [isWaiting],
    updateServiceWorker,
  } = useRegisterSW();
  if (!isWaiting) return null;
  return (
    <Card className="updateToast" role="status" padding="sm">
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm">{t('update.ready')}</Text>
        <Button size="compact-md" onClick={() => void updateServiceWorker(true)}>
          {t('update.take')}
        </Button>
      </Group>
    </Card>
  );
}
