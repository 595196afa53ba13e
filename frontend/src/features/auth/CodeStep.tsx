import { Button, Stack, Text, TextInput, Title, UnstyledButton } from '@mantine/core';
import { formatPhone } from '@moya/ui';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Outcome, proveCode, requestCode } from './api.ts';
import { Refusal } from './Refusal.tsx';
import { useCountdown } from './useCountdown.ts';

const CODE_LENGTH = 6;
/** Asked again within a minute the hub answers, and sends nothing. */
const RESEND_AFTER_S = 60;

interface Props {
  phone: string;
  onProven: (outcome: Outcome) => void;
  onOtherPhone: () => void;
}

export function CodeStep({ phone, onProven, onOtherPhone }: Props) {
  const { t } = useTranslation();
  const field = useRef<HTMLInputElement>(null);
  const [code, setCode] = useState('');
  const prove = useMutation({
    mutationFn: (typed: string) => proveCode(phone, typed),
    onSuccess: onProven,
    onError: () => field.current?.select(),
  });
  const submit = (typed: string) => {
    if (typed.length === CODE_LENGTH && !prove.isPending) prove.mutate(typed);
    else field.current?.focus();
  };
  const type = (text: string) => {
    const digits = text.replace(/\D/g, '').slice(0, CODE_LENGTH);
    setCode(digits);
    // The sixth digit, typed, pasted or filled in by the phone, is the answer.
    if (digits.length === CODE_LENGTH && digits !== code) submit(digits);
  };
  return (
    <form
      noValidate
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        submit(code);
      }}
    >
      <Stack>
        <div>
          <Title order={1} size="h2">
            {t('signIn.codeTitle')}
          </Title>
          <Text c="dimmed" mt={4}>
            {t('signIn.codeSent', { phone: formatPhone(phone) })}
          </Text>
        </div>
        <TextInput
          ref={field}
          autoFocus
          size="lg"
          inputMode="numeric"
          autoComplete="one-time-code"
          label={t('signIn.code')}
          classNames={{ input: 'codeField' }}
          value={code}
          onChange={(event) => type(event.currentTarget.value)}
        />
        <Refusal error={prove.error} />
        <Button type="submit" size="md" loading={prove.isPending} disabled={code.length < CODE_LENGTH}>
          {t('signIn.enter')}
        </Button>
        <Resend phone={phone} />
        <UnstyledButton className="textButton" onClick={onOtherPhone}>
          {t('signIn.otherPhone')}
        </UnstyledButton>
      </Stack>
    </form>
  );
}

function Resend({ phone }: { phone: string }) {
  const { t } = useTranslation();
  const [leftS, restart] = useCountdown(RESEND_AFTER_S);
  const again = useMutation({ mutationFn: () => requestCode(phone), onSuccess: restart });
  if (leftS > 0)
    return (
      <Text size="sm" c="dimmed" ta="center">
        {t('signIn.resendIn', { count: leftS })}
      </Text>
    );
  return (
    <>
      <Refusal error={again.error} />
      <Button variant="light" loading={again.isPending} onClick={() => again.mutate()}>
        {t('signIn.resend')}
      </Button>
    </>
  );
}
