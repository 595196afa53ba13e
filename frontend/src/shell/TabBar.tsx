import { Container, Group, Text } from '@mantine/core';
import { IconHome, IconUser } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

const TABS = [
  { to: '/', key: 'tabs.home', Icon: IconHome },
  { to: '/profile', key: 'tabs.profile', Icon: IconUser },
] as const;

export function TabBar() {
  const { t } = useTranslation();
  return (
    <nav className="tabBar" aria-label={t('tabs.label')}>
      <Container size={560} px={4}>
        <Group justify="space-around" gap={0} wrap="nowrap">
          {TABS.map(({ to, key, Icon }) => (
            <Link key={to} to={to} className="tab" activeOptions={{ exact: to === '/' }}>
              <Icon size={24} aria-hidden />
              <Text component="span" size="xs">
                {t(key)}
              </Text>
            </Link>
          ))}
        </Group>
      </Container>
    </nav>
  );
}
