import { Checkbox, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { ConsentText } from './api.ts';

/** One purpose, one box, unticked; its whole text is a press away. */
export function ConsentBox({ text, isMissing }: { text: ConsentText; isMissing: boolean }) {
  const { t } = useTranslation();
  return (
    <div>
      <Checkbox
        name={text.purpose}
        value="yes"
        size="md"
        label={text.is_required ? text.title : t('enrol.optional', { title: text.title })}
        error={isMissing ? t('enrol.consentNeeded') : null}
      />
      <details className="consent">
        <summary>{t('enrol.read')}</summary>
        <Text size="sm" c="dimmed" className="consentText">
          {text.text}
        </Text>
      </details>
    </div>
  );
}
