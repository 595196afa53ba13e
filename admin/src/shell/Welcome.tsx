import { Title } from '@mantine/core';
import { EmptyState, useTitle } from '@moya/ui';
import { useTranslation } from 'react-i18next';

/** For roles whose screens are still to come. */
export function Welcome() {
  const { t } = useTranslation();
  useTitle(t('welcome.title'));
  return (
    <>
      <Title order={1} size="h2">
        {t('welcome.title')}
      </Title>
      <EmptyState title={t('welcome.empty')} text={t('welcome.hint')} />
    </>
  );
}
