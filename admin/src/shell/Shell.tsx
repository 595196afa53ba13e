import { AppShell, Burger, Group, NavLink, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Heart, OfflineBanner } from '@moya/ui';
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { may } from '../access.ts';
import { AccountMenu } from './AccountMenu.tsx';
import { Palette, PaletteButton } from './Palette.tsx';
import { SECTIONS } from './sections.ts';

export function Shell() {
  const { t } = useTranslation();
  const [isOpen, menu] = useDisclosure();
  const path = useRouterState({ select: (state) => state.location.pathname });
  return (
    <AppShell
      header={{ height: 60 }}
      navbar={{ width: 232, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding="lg"
    >
      <a className="skipLink" href="#main">
        {t('ui.skip')}
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="xs" wrap="nowrap">
            <Burger
              opened={isOpen}
              onClick={menu.toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={t('shell.menu')}
            />
            <Group gap={8} c="var(--app-brand)" wrap="nowrap">
              <Heart size={24} />
              <Text fw={700} c="var(--mantine-color-text)" visibleFrom="xs">
                {t('app')}
              </Text>
            </Group>
          </Group>
          <PaletteButton />
          <AccountMenu />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label={t('shell.sections')}>
        {SECTIONS.filter(({ thing }) => may(thing)).map(({ to, thing, Icon }) => (
          <NavLink
            key={to}
            renderRoot={(props) => <Link to={to} {...props} />}
            label={t(`section.${thing}`)}
            leftSection={<Icon size={20} aria-hidden />}
            active={path.startsWith(to)}
            aria-current={path.startsWith(to) ? 'page' : undefined}
            className="navLink"
            mih={44}
            onClick={menu.close}
          />
        ))}
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1}>
        <OfflineBanner />
        <Outlet />
      </AppShell.Main>
      <Palette />
    </AppShell>
  );
}
