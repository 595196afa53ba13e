import { Button, Stack, Text, TextInput, Title } from '@mantine/core';
import { currentLanguage, ErrorState, ListSkeleton } from '@moya/ui';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ConsentText, consentTextsQuery, enrol, type Newcomer, type Outcome } from './api.ts';
import { ConsentBox } from './ConsentBox.tsx';
import { Refusal } from './Refusal.tsx';

type Field = 'first_name' | 'last_name' | 'birth_date';
const FIELDS = [
  { name: 'first_name', autoComplete: 'given-name', type: 'text' },
  { name: 'last_name', autoComplete: 'family-name', type: 'text' },
  { name: 'birth_date', autoComplete: 'bday', type: 'date' },
] as const satisfies readonly { name: Field; autoComplete: string; type: string }[];

interface Props {
  enrolToken: string;
  onDone: (outcome: Outcome) => void;
}

/** Nobody is known by the phone: a newcomer says who they are, and what they agree to. */
export function EnrolStep({ enrolToken, onDone }: Props) {
  const { t } = useTranslation();
  const texts = useQuery(consentTextsQuery(currentLanguage()));
  const [missing, setMissing] = useState<ReadonlySet<string>>(new Set());
  const join = useMutation({
    mutationFn: (newcomer: Newcomer) => enrol(enrolToken, newcomer),
    onSuccess: onDone,
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const newcomer = readForm(new FormData(form), texts.data ?? []);
    const lacking = findMissing(newcomer, texts.data ?? []);
    setMissing(new Set(lacking));
    const [first] = lacking;
    if (first) form.querySelector<HTMLElement>(`[name="${first}"]`)?.focus();
    else join.mutate(newcomer);
  };
  return (
    <form noValidate onSubmit={submit}>
      <Stack>
        <div>
          <Title order={1} size="h2">
            {t('enrol.title')}
          </Title>
          <Text c="dimmed" mt={4}>
            {t('enrol.lead')}
          </Text>
        </div>
        {FIELDS.map(({ name, autoComplete, type }, index) => (
          <TextInput
            key={name}
            name={name}
            type={type}
            size="md"
            required
            autoFocus={index === 0}
            autoComplete={autoComplete}
            label={t(`enrol.${name}`)}
            error={missing.has(name) ? t('enrol.missing') : null}
          />
        ))}
        <TextInput name="referral_code" size="md" autoComplete="off" label={t('enrol.referral')} />
        {texts.isPending ? <ListSkeleton rows={3} height={44} /> : null}
        {texts.isError ? <ErrorState error={texts.error} onRetry={() => void texts.refetch()} /> : null}
        {texts.data?.map((text) => (
          <ConsentBox key={text.purpose} text={text} isMissing={missing.has(text.purpose)} />
        ))}
        <Refusal error={join.error} />
        <Button type="submit" size="md" loading={join.isPending} disabled={!texts.data}>
          {t('enrol.join')}
        </Button>
      </Stack>
    </form>
  );
}

function readForm(form: FormData, texts: readonly ConsentText[]): Newcomer {
  const read = (name: string) => String(form.get(name) ?? '').trim();
  return {
    first_name: read('first_name'),
    last_name: read('last_name'),
    birth_date: read('birth_date'),
    referral_code: read('referral_code') || null,
    // The version goes along: nobody agrees to a text that changed while they read.
    consents: texts.map(({ purpose, doc_version }) => ({ purpose, doc_version, granted: form.has(purpose) })),
  };
}

function findMissing(newcomer: Newcomer, texts: readonly ConsentText[]): string[] {
  const fields = FIELDS.map(({ name }) => name).filter((name) => newcomer[name] === '');
  const granted = new Set(
    newcomer.consents.flatMap((each) => (typeof each === 'object' && each.granted ? [each.purpose] : [])),
  );
  const refused = texts.filter(({ purpose, is_required }) => is_required && !granted.has(purpose));
  return [...fields, ...refused.map(({ purpose }) => purpose)];
}
