import { NoResults } from '@moya/ui';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { may, type Thing } from '../access.ts';

/** A section that one's role does not open says so, and asks the hub nothing. */
export function Permission({ thing, children }: { thing: Thing; children: ReactNode }) {
  const { t } = useTranslation();
  return may(thing) ? children : <NoResults title={t('ui.forbidden.title')} text={t('ui.forbidden.text')} />;
}
