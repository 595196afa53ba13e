import { Box, Container, Group, Text } from '@mantine/core';
import { Heart, OfflineBanner } from '@moya/ui';
import { Outlet, useRouterState } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { TabBar } from './TabBar.tsx';
import { UpdateToast } from './UpdateToast.tsx';

/** One column on every screen: a phone first, and no wider than a phone is read. */
export function Frame() {
  const { t } = useTranslation();
  const isSignIn = useRouterState({ select: (state) => state.location.pathname.startsWith('/login') });
  return (
    <Box pb={isSignIn ? 24 : 96}>
      <a className="skipLink" href="#main">
        {t('ui.skip')}
      </a>
      <OfflineBanner />
      <Box component="header" py="sm">
        <Container size={560}>
          <Group gap={8} c="var(--app-brand)">
            <Heart size={26} />
            <Text fw={700} size="lg" c="var(--mantine-color-text)">
              {t('app')}
            </Text>
          </Group>
        </Container>
      </Box>
      <Container size={560} component="main" id="main" tabIndex={-1}>
        <Outlet />
      </Container>
      <UpdateToast />
      {isSignIn ? null : <TabBar />}
    </Box>
  );
}
