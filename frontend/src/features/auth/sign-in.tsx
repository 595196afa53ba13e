import { Card } from '@mantine/core';
import { useTitle } from '@moya/ui';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Outcome } from './api.ts';
import { CodeStep } from './CodeStep.tsx';
import { EnrolStep } from './EnrolStep.tsx';
import { PhoneStep } from './PhoneStep.tsx';
import { ProfileStep } from './ProfileStep.tsx';

type Step = { kind: 'phone' } | { kind: 'code'; phone: string } | Exclude<Outcome, { kind: 'done' }>;

/** Phone, then code, then whatever the hub still wants to know. */
export function SignIn({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const [step, setStep] = useState<Step>({ kind: 'phone' });
  const [phone, setPhone] = useState('');
  useTitle(t('signIn.title'));
  const go = (outcome: Outcome) => (outcome.kind === 'done' ? onDone() : setStep(outcome));
  const restart = () => setStep({ kind: 'phone' });
  return (
    <Card bg="var(--app-surface)" padding="xl" mt="md">
      {step.kind === 'phone' ? (
        <PhoneStep
          initial={phone}
          onSent={(sentTo) => {
            setPhone(sentTo);
            setStep({ kind: 'code', phone: sentTo });
          }}
        />
      ) : null}
      {step.kind === 'code' ? <CodeStep phone={step.phone} onProven={go} onOtherPhone={restart} /> : null}
      {step.kind === 'enrol' ? <EnrolStep enrolToken={step.enrolToken} onDone={go} /> : null}
      {step.kind === 'choose' ? (
        <ProfileStep
          chooseToken={step.chooseToken}
          profiles={step.profiles}
          onDone={go}
          onRestart={restart}
        />
      ) : null}
    </Card>
  );
}
