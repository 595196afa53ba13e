import { Select } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { AnyState } from './StateBadge.tsx';

interface Props<S extends AnyState> {
  states: readonly S[];
  value: S | null;
  onChange: (state: S | null) => void;
}

export function StateFilter<S extends AnyState>({ states, value, onChange }: Props<S>) {
  const { t } = useTranslation();
  return (
    <Select
      aria-label={t('list.state')}
      placeholder={t('list.anyState')}
      clearable
      clearButtonProps={{ 'aria-label': t('list.reset') }}
      data={states.map((state) => ({ value: state, label: t(`state.${state}`) }))}
      value={value}
      onChange={(chosen) => onChange(states.find((state) => state === chosen) ?? null)}
      w={{ base: '100%', sm: 240 }}
    />
  );
}
