import { Button, Card, Stack, Text, Title } from '@mantine/core';
import { api, signOut } from '@moya/api';
import { ErrorState, LanguageChoice, ListSkeleton, ThemeChoice, useTitle } from '@moya/ui';
import { IconLogout } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';

export function ProfileShow() {
  const { t } = useTranslation();
  useTitle(t('profile.title'));
  const me = api.useQuery('get', '/api/me');
  return (
    <Stack gap="lg">
      <Title order={1} size="h2">
        {t('profile.title')}
      </Title>
      <Card component="section" aria-label={t('profile.about')} bg="var(--app-surface)">
        {me.isPending ? <ListSkeleton rows={3} height={44} /> : null}
        {me.isError ? <ErrorState error={me.error} onRetry={() => void me.refetch()} /> : null}
        {me.data ? (
          <Stack component="dl" gap="sm" m={0}>
            <Fact label={t('profile.name')} value={me.data.name} />
            <Fact label={t('profile.phone')} value={me.data.phone_masked} />
            <Fact label={t('profile.card')} value={me.data.card_code} />
          </Stack>
        ) : null}
      </Card>
      <Card component="section" aria-label={t('profile.settings')} bg="var(--app-surface)">
        <Stack>
          <ThemeChoice />
          <LanguageChoice />
        </Stack>
      </Card>
      <Button
        variant="default"
        size="md"
        leftSection={<IconLogout size={20} aria-hidden />}
        onClick={() => void signOut()}
      >
        {t('profile.signOut')}
      </Button>
    </Stack>
  );
}

function Fact({ label, value }: { label: string; value: string | null | undefined }) {
  return (
    <div>
      <Text component="dt" size="sm" c="dimmed">
        {label}
      </Text>
      <Text component="dd" m={0} fw={600} className="num">
        {value || '—'}
      </Text>
    </div>
  );
}
