import { Input, SegmentedControl, useMantineColorScheme } from '@mantine/core';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { changeLanguage, currentLanguage, LANGUAGES, type Language } from './i18n/language.ts';

const SCHEMES = ['auto', 'light', 'dark'] as const;

interface Choice<T extends string> {
  label: string;
  value: T;
  options: { value: T; label: string }[];
  onChange: (value: T) => void;
}

function Choices<T extends string>({ label, value, options, onChange }: Choice<T>) {
  const id = useId();
  return (
    <div>
      <Input.Label id={id} component="span" mb={4}>
        {label}
      </Input.Label>
      <SegmentedControl fullWidth aria-labelledby={id} value={value} data={options} onChange={onChange} />
    </div>
  );
}

export function ThemeChoice() {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const options = SCHEMES.map((value) => ({ value, label: t(`ui.theme.${value}`) }));
  return (
    <Choices label={t('ui.theme.label')} value={colorScheme} options={options} onChange={setColorScheme} />
  );
}

export function LanguageChoice() {
  const { t } = useTranslation();
  const options = LANGUAGES.map((value: Language) => ({ value, label: t(`ui.language.${value}`) }));
  return (
    <Choices
      label={t('ui.language.label')}
      value={currentLanguage()}
      options={options}
      onChange={(language) => void changeLanguage(language)}
    />
  );
}
