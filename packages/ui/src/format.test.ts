import { afterEach, describe, expect, it } from 'vitest';
import {
  dayKey,
  formatAmount,
  formatDate,
  formatLastDay,
  formatMoney,
  formatPercent,
  formatPhone,
  formatSigned,
  readHundredths,
  readPhone,
  setFormatLocale,
  sumAmounts,
} from './format.ts';

const plain = (text: string): string => text.replace(/[\u00a0\u202f]/g, ' ');

afterEach(() => setFormatLocale('ru'));

describe('amounts', () => {
  it('show a fraction only where there is one', () => {
    expect(plain(formatAmount('4830.00'))).toBe('4 830');
    expect(plain(formatAmount('1137.50'))).toBe('1 137,50');
    expect(plain(formatMoney('1234500.00'))).toBe('1 234 500 ₽');
  });
  it('carry a real minus and always a sign in the history', () => {
    expect(plain(formatSigned('4500.00'))).toBe('+4 500');
    expect(plain(formatSigned('-0.05'))).toBe('−0,05');
  });
  it('are added in hundredths, not in floating point', () => {
    expect(sumAmounts(['0.10', '0.20'])).toBe('0.30');
    expect(readHundredths('-0.05')).toBe(-5);
  });
  it('are refused when they are none', () => {
    expect(() => readHundredths('12.5')).toThrow(RangeError);
  });
  it('are English in English', () => {
    setFormatLocale('en');
    expect(formatAmount('1137.50')).toBe('1,137.50');
    expect(plain(formatPercent('5.00'))).toBe('5%');
  });
});

describe('dates', () => {
  it('of the calendar are moved by no zone', () => {
    expect(plain(formatDate('2026-12-05'))).toBe('5 декабря 2026 г.');
  });
  it('are the clinic’s: late in the evening in UTC is tomorrow in Moscow', () => {
    expect(dayKey('2026-11-26T22:30:00Z')).toBe('2026-11-27');
  });
  it('name the last good day of what burns at midnight', () => {
    expect(plain(formatLastDay('2027-03-31T21:00:00Z'))).toBe('31 марта');
  });
});

describe('phones', () => {
  it.each(['89161234567', '+7 (916) 123-45-67', '9161234567'])('are read from %s', (text) => {
    expect(readPhone(text)).toBe('+79161234567');
    expect(plain(formatPhone(text))).toBe('+7 916 123-45-67');
  });
  it('are none while digits are missing', () => {
    expect(readPhone('+7 916 123')).toBeNull();
  });
});
