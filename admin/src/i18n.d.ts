import 'i18next';
import type ui from '@moya/ui/ru.json';
import type russian from './i18n/ru.json';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: typeof russian & typeof ui };
  }
}
