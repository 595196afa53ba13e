/** Amounts, dates and phones as people read them. Amounts come as strings with two decimals (`"137.50"`). */
const NBSP = '\u00a0';
const MINUS = '\u2212';
const CLINIC_ZONE = 'Europe/Moscow';

let locale = 'ru-RU';

export const setFormatLocale = (language: 'ru' | 'en'): void => {
  locale = language === 'ru' ? 'ru-RU' : 'en-GB';
};

const sayMinus = (text: string): string => text.replace('-', MINUS);

/** Hundredths of an amount, whole: sums are made of these, never of floating point. */
export function readHundredths(amount: string): number {
  const parts = /^(-?)(\d+)\.(\d{2})$/.exec(amount);
  if (!parts) throw new RangeError('An amount has two decimals');
  return Number(`${parts[1]}${parts[2]}${parts[3]}`);
}

export const writeAmount = (hundredths: number): string => (hundredths / 100).toFixed(2);

export const sumAmounts = (amounts: readonly string[]): string =>
  writeAmount(amounts.reduce((sum, amount) => sum + readHundredths(amount), 0));

export const isZero = (amount: string): boolean => readHundredths(amount) === 0;

/** «4 830», «137,50»: the fraction only where there is one. */
export function formatAmount(amount: string): string {
  const hundredths = readHundredths(amount);
  const digits = hundredths % 100 === 0 ? 0 : 2;
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return sayMinus(new Intl.NumberFormat(locale, options).format(hundredths / 100));
}

/** «+450», «−300»: a sign always, and a real minus. */
export const formatSigned = (amount: string): string =>
  (readHundredths(amount) > 0 ? '+' : '') + formatAmount(amount);

export function formatMoney(amount: string): string {
  const hundredths = readHundredths(amount);
  const digits = hundredths % 100 === 0 ? 0 : 2;
  return sayMinus(
    new Intl.NumberFormat(locale, {
      style: 'currency',
      currency: 'RUB',
      currencyDisplay: 'narrowSymbol',
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    }).format(hundredths / 100),
  );
}

/** `"5.00"` → «5 %» with a no-break space. */
export const formatPercent = (amount: string): string =>
  new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 2 }).format(
    readHundredths(amount) / 10_000,
  );

export const formatCount = (count: number): string => new Intl.NumberFormat(locale).format(count);

const DATE_STYLES = {
  day: { day: 'numeric', month: 'long', year: 'numeric' },
  dayMonth: { day: 'numeric', month: 'long' },
  dateTime: { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' },
  time: { hour: '2-digit', minute: '2-digit' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

export type DateStyle = keyof typeof DATE_STYLES;

/** A moment in the clinic's zone; a date without a time is a day of the calendar, and no zone may move it. */
export function formatDate(value: string | Date, style: DateStyle = 'day'): string {
  const isDateOnly = typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value);
  const moment = isDateOnly ? new Date(`${value}T00:00:00Z`) : new Date(value);
  const options = { ...DATE_STYLES[style], timeZone: isDateOnly ? 'UTC' : CLINIC_ZONE };
  return new Intl.DateTimeFormat(locale, options).format(moment).replace(/ /g, NBSP);
}

/** The last day on which it still counts: the hub names the first instant on which it does not. */
export const formatLastDay = (expiresAt: string, style: DateStyle = 'dayMonth'): string =>
  formatDate(new Date(new Date(expiresAt).getTime() - 1), style);

/** The day in the clinic, as a key for groups: `2026-11-27`. */
export const dayKey = (moment: string): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone: CLINIC_ZONE }).format(new Date(moment));

/** Whatever way a Russian number is written → `+79161234567`; null while it is no whole number. */
export function readPhone(text: string): string | null {
  const digits = text.replace(/\D/g, '');
  const national = /^(?:7|8)?(\d{10})$/.exec(digits)?.[1];
  return national ? `+7${national}` : null;
}

/** `+79161234567` → «+7 916 123-45-67»; anything else stays as it is. */
export function formatPhone(phone: string): string {
  const parts = /^\+7(\d{3})(\d{3})(\d{2})(\d{2})$/.exec(readPhone(phone) ?? '');
  return parts ? `+7${NBSP}${parts[1]}${NBSP}${parts[2]}-${parts[3]}-${parts[4]}` : phone;
}
