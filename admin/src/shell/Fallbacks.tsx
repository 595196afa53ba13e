import { Button, Container } from '@mantine/core';
import { EmptyState, NoResults } from '@moya/ui';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

export function Missing() {
  const { t } = useTranslation();
  return (
    <Container component="main">
      <NoResults title={t('ui.notFound.title')} text={t('ui.notFound.text')}>
        <Button component={Link} to="/" variant="light">
          {t('ui.notFound.home')}
        </Button>
      </NoResults>
    </Container>
  );
}

export function Crashed() {
  const { t } = useTranslation();
  return (
    <Container component="main">
      <EmptyState title={t('ui.crashed.title')} text={t('ui.crashed.text')}>
        <Button variant="light" onClick={() => location.reload()}>
          {t('ui.retry')}
        </Button>
      </EmptyState>
    </Container>
  );
}
