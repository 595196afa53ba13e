import { Group, Kbd, Text, UnstyledButton } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { Spotlight, spotlight } from '@mantine/spotlight';
import { signOut } from '@moya/api';
import { IconLogout, IconSearch } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { may } from '../access.ts';
import { SECTIONS } from './sections.ts';

const QUERY_LENGTH_MIN = 2;

export function PaletteButton() {
  const { t } = useTranslation();
  return (
    <UnstyledButton onClick={spotlight.open} aria-label={t('palette.label')} className="paletteButton">
      <Group gap="xs" wrap="nowrap">
        <IconSearch size={16} aria-hidden />
        <Text size="sm" c="dimmed" visibleFrom="xs">
          {t('palette.hint')}
        </Text>
        <Kbd visibleFrom="xs">Ctrl K</Kbd>
      </Group>
    </UnstyledButton>
  );
}

/** Sections and commands under one key; what is typed can also be looked up among the patients. */
export function Palette() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [query, setQuery] = useState('');
  // By the place of the key: in a Russian layout «К» sends «л», and nothing would open.
  useHotkeys([['mod+K', spotlight.open, { usePhysicalKeys: true }]], []);
  const sections = SECTIONS.filter(({ thing }) => may(thing)).map(({ to, thing, Icon }) => ({
    id: to,
    label: t(`section.${thing}`),
    leftSection: <Icon size={20} aria-hidden />,
    onClick: () => void navigate({ to }),
  }));
  const typed = query.trim();
  const lookUp = {
    id: 'look-up',
    label: t('palette.lookUp', { query: typed }),
    // Spotlight keeps what matches; this one always does.
    keywords: [typed],
    leftSection: <IconSearch size={20} aria-hidden />,
    onClick: () => void navigate({ to: '/patients', search: { q: typed } }),
  };
  const leave = {
    id: 'sign-out',
    label: t('shell.signOut'),
    leftSection: <IconLogout size={20} aria-hidden />,
    onClick: () => void signOut(),
  };
  const mayLookUp = typed.length >= QUERY_LENGTH_MIN && may('patients');
  return (
    <Spotlight
      actions={[...sections, ...(mayLookUp ? [lookUp] : []), leave]}
      query={query}
      onQueryChange={setQuery}
      attributes={{ content: { 'aria-label': t('palette.label') } }}
      nothingFound={t('palette.nothing')}
      searchProps={{
        placeholder: t('palette.hint'),
        'aria-label': t('palette.label'),
        leftSection: <IconSearch size={20} aria-hidden />,
      }}
      shortcut={null}
    />
  );
}
