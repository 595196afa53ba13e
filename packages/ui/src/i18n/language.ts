/** The language of one visitor: Russian unless they chose, or their browser speaks, English. */
import { setApiLanguage } from '@moya/api';
import i18n, { type ResourceLanguage } from 'i18next';
import { initReactI18next } from 'react-i18next';
import { setFormatLocale } from '../format.ts';

export type Language = 'ru' | 'en';
export const LANGUAGES: readonly Language[] = ['ru', 'en'];
const REMEMBERED = 'language';
const NAMESPACE = 'translation';

type Catalogue = ResourceLanguage;
let loadEnglish: () => Promise<Catalogue> = () => Promise.resolve({});

export const currentLanguage = (): Language => (i18n.language === 'en' ? 'en' : 'ru');

function chooseLanguage(): Language {
  const remembered = localStorage.getItem(REMEMBERED);
  if (remembered === 'ru' || remembered === 'en') return remembered;
  return navigator.language.startsWith('en') ? 'en' : 'ru';
}

/** Start with Russian in hand; English is fetched when somebody needs it. */
export async function startLanguages(russian: Catalogue, english: () => Promise<Catalogue>): Promise<void> {
  loadEnglish = english;
  await i18n.use(initReactI18next).init({
    lng: 'ru',
    fallbackLng: 'ru',
    supportedLngs: ['ru', 'en'],
    resources: { ru: { [NAMESPACE]: russian } },
    interpolation: { escapeValue: false },
  });
  await applyLanguage(chooseLanguage());
}

export async function changeLanguage(language: Language): Promise<void> {
  localStorage.setItem(REMEMBERED, language);
  await applyLanguage(language);
}

async function applyLanguage(language: Language): Promise<void> {
  if (language === 'en' && !i18n.hasResourceBundle('en', NAMESPACE))
    i18n.addResourceBundle('en', NAMESPACE, await loadEnglish());
  setFormatLocale(language);
  setApiLanguage(language);
  document.documentElement.lang = language;
  await i18n.changeLanguage(language);
}
