import { Button, Menu, Stack } from '@mantine/core';
import { api, currentSession, signOut } from '@moya/api';
import { LanguageChoice, ThemeChoice } from '@moya/ui';
import { IconChevronDown, IconLogout, IconUserCircle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';

/** Who is at work, how it looks, and the way out. */
export function AccountMenu() {
  const { t } = useTranslation();
  const me = api.useQuery('get', '/api/me');
  const role = currentSession()?.roles[0];
  const name = me.data?.name ?? (role ? t(`role.${role}`) : '');
  return (
    <Menu position="bottom-end" width={280} withinPortal>
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          c="var(--mantine-color-text)"
          px="xs"
          aria-label={t('shell.account', { name })}
          leftSection={<IconUserCircle size={22} aria-hidden />}
          rightSection={<IconChevronDown size={16} aria-hidden />}
          className="accountButton"
        >
          <span className="accountName">{name}</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {role ? <Menu.Label>{t(`role.${role}`)}</Menu.Label> : null}
        <Stack p="xs" gap="sm">
          <ThemeChoice />
          <LanguageChoice />
        </Stack>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={18} aria-hidden />} onClick={() => void signOut()}>
          {t('shell.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
