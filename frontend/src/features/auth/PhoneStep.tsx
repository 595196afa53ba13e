import { Button, Stack, Text, TextInput, Title } from '@mantine/core';
import { formatPhone, readPhone } from '@moya/ui';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { requestCode } from './api.ts';
import { Refusal } from './Refusal.tsx';

export function PhoneStep({ initial, onSent }: { initial: string; onSent: (phone: string) => void }) {
  const { t } = useTranslation();
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(initial ? formatPhone(initial) : '');
  const [isRefused, setRefused] = useState(false);
  const ask = useMutation({ mutationFn: requestCode, onSuccess: (_, phone) => onSent(phone) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const phone = readPhone(text);
    setRefused(phone === null);
    if (phone) ask.mutate(phone);
    else field.current?.focus();
  };
  return (
    <form noValidate onSubmit={submit}>
      <Stack>
        <div>
          <Title order={1} size="h2">
            {t('signIn.title')}
          </Title>
          <Text c="dimmed" mt={4}>
            {t('signIn.lead')}
          </Text>
        </div>
        <TextInput
          ref={field}
          autoFocus
          size="md"
          type="tel"
          inputMode="tel"
          autoComplete="tel"
          label={t('signIn.phone')}
          placeholder="+7 900 000-00-00"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onBlur={() => setText((typed) => (readPhone(typed) ? formatPhone(typed) : typed))}
          error={isRefused ? t('signIn.phoneWrong') : null}
        />
        <Refusal error={ask.error} />
        <Button type="submit" size="md" loading={ask.isPending}>
          {t('signIn.getCode')}
        </Button>
      </Stack>
    </form>
  );
}
