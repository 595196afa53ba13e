/** Every text is there in both languages, none is left over, and no screen asks for one that is not. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const PLURALS = { ru: ['one', 'few', 'many', 'other'], en: ['one', 'other'] } as const;
const APPS = ['frontend', 'admin'] as const;
const SHARED = 'packages/ui/src';

type Tree = { [key: string]: string | Tree };

function flatten(tree: Tree, prefix = ''): Map<string, string> {
  const flat = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'string') flat.set(prefix + key, value);
    else for (const [inner, text] of flatten(value, `${prefix}${key}.`)) flat.set(inner, text);
  }
  return flat;
}

const read = (folder: string, language: 'ru' | 'en'): Map<string, string> =>
  flatten(JSON.parse(readFileSync(`${folder}/i18n/${language}.json`, 'utf8')) as Tree);

const withoutPlural = (key: string): string => key.replace(/_(one|few|many|other)$/, '');

function readSources(folder: string): string {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const sources = names.filter((name) => /\.tsx?$/.test(name) && !/\.(test|gen|d)\.tsx?$/.test(name));
  return sources.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
}

/** `t('a.b')` and `'a.b'` in a table name one text; `t(`a.${b}`)` names all that begin and end so. */
function findAsked(source: string): { exact: Set<string>; patterns: RegExp[] } {
  const exact = new Set([...source.matchAll(/\bt\(\s*'([^']+)'/g)].map((match) => match[1] ?? ''));
  const templates = [...source.matchAll(/(?:\bt|exists|say)\(\s*`([^`]+)`|= `([^`]*\$\{[^`]*)`/g)];
  const patterns = templates
    .map((match) => match[1] ?? match[2] ?? '')
    .filter((template) => /^[a-z]\w*\./i.test(template))
    .map((template) => {
      const parts = template.split(/\$\{[^}]*\}/).map((part) => part.replaceAll('.', '\\.'));
      return new RegExp(`^${parts.join('[^.]+')}$`);
    });
  return { exact, patterns };
}

describe.each([...APPS.map((app) => `${app}/src`), SHARED])('%s', (folder) => {
  const russian = read(folder, 'ru');
  const english = read(folder, 'en');

  it('says the same in both languages', () => {
    const keys = (catalogue: Map<string, string>) =>
      [...new Set([...catalogue.keys()].map(withoutPlural))].sort();
    expect(keys(english)).toEqual(keys(russian));
  });

  it('has every plural form that its language needs', () => {
    for (const [language, catalogue] of [
      ['ru', russian],
      ['en', english],
    ] as const) {
      const counted = new Set(
        [...catalogue.keys()].filter((key) => key !== withoutPlural(key)).map(withoutPlural),
      );
      for (const key of counted)
        for (const form of PLURALS[language]) expect([...catalogue.keys()]).toContain(`${key}_${form}`);
    }
  });

  it('leaves no text empty and no blank unfilled', () => {
    const blanks = (text: string) => [...text.matchAll(/\{\{(\w+)/g)].map((match) => match[1]).sort();
    for (const [key, text] of russian) {
      expect(text.trim(), key).not.toBe('');
      const other = english.get(key);
      if (other !== undefined) expect(blanks(other), key).toEqual(blanks(text));
    }
  });

  it('is wholly used, and nothing is asked for that it does not have', () => {
    const isShared = folder === SHARED;
    const users = isShared ? [SHARED, ...APPS.map((app) => `${app}/src`)] : [folder];
    const source = users.map(readSources).join('\n');
    const { exact, patterns } = findAsked(source);
    const known = new Set([...russian.keys()].map(withoutPlural));
    const isAsked = (key: string) =>
      exact.has(key) || source.includes(`'${key}'`) || patterns.some((pattern) => pattern.test(key));
    expect([...known].filter((key) => !isAsked(key))).toEqual([]);
    const mine = [...exact].filter((key) => key.startsWith('ui.') === isShared);
    expect(mine.filter((key) => !known.has(key))).toEqual([]);
  });
});
