import {
  Alert,
  Button,
  Card,
  Center,
  Divider,
  Group,
  PasswordInput,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { ApiProblem, client, signIn } from '@moya/api';
import { describeProblem, Heart, useTitle } from '@moya/ui';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isStaff } from '../../access.ts';

const PORTAL_PATH = '/api/auth/bitrix24/login';

interface Proof {
  login: string;
  password: string;
  totp: string | null;
}

async function enter(proof: Proof): Promise<void> {
  const { data } = await client.POST('/api/auth/password', { body: proof });
  if (data && 'setup_token' in data) throw refuse('totp-setup');
  // A patient's password opens the cabinet, not this door.
  if (!data || !isStaff(data.roles)) throw refuse('forbidden');
  signIn(data);
}

const refuse = (code: string): ApiProblem =>
  new ApiProblem({ status: 403, code, title: '', correlationId: null, retryAfterS: null });

/** The hub asks for the second step only of whom it concerns, once the password was right. */
const asksForCode = (error: unknown): boolean =>
  error instanceof ApiProblem && (error.code === 'totp-required' || error.code === 'totp-wrong');

/** By the portal every day; by password when the portal is away. */
export function SignIn({ problem, onDone }: { problem: string | undefined; onDone: () => void }) {
  const { t } = useTranslation();
  useTitle(t('signIn.title'));
  const [needsCode, setNeedsCode] = useState(false);
  const entering = useMutation({
    mutationFn: enter,
    onSuccess: onDone,
    onError: (error) => setNeedsCode((already) => already || asksForCode(error)),
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    entering.mutate({
      login: String(given.get('login')).trim(),
      password: String(given.get('password')),
      totp: given.has('totp') ? String(given.get('totp')).trim() : null,
    });
  };
  return (
    <Center component="main" mih="100dvh" p="md">
      <Card bg="var(--app-surface)" padding="xl" w="100%" maw={400}>
        <Group gap={8} c="var(--app-brand)" mb="lg">
          <Heart size={26} />
          <Text fw={700} c="var(--mantine-color-text)">
            {t('app')}
          </Text>
        </Group>
        <Title order={1} size="h2" mb="md">
          {t('signIn.title')}
        </Title>
        <Refusal error={entering.error} isPortal={problem !== undefined && !entering.error} />
        <Button component="a" href={PORTAL_PATH} size="md" fullWidth>
          {t('signIn.portal')}
        </Button>
        <Divider my="lg" label={t('signIn.or')} />
        <form onSubmit={submit}>
          <Stack>
            <TextInput
              name="login"
              required
              withAsterisk={false}
              label={t('signIn.login')}
              autoComplete="username"
              autoCapitalize="none"
            />
            <PasswordInput
              name="password"
              required
              withAsterisk={false}
              label={t('signIn.password')}
              autoComplete="current-password"
              visibilityToggleButtonProps={{ 'aria-label': t('signIn.show') }}
            />
            {needsCode ? (
              <TextInput
                name="totp"
                required
                withAsterisk={false}
                autoFocus
                inputMode="numeric"
                autoComplete="one-time-code"
                label={t('signIn.totp')}
              />
            ) : null}
            <Button type="submit" variant="light" size="md" loading={entering.isPending}>
              {t('signIn.enter')}
            </Button>
          </Stack>
        </form>
      </Card>
    </Center>
  );
}

function Refusal({ error, isPortal }: { error: unknown; isPortal: boolean }) {
  const { t } = useTranslation();
  if (!error && !isPortal) return null;
  const { title, text } = error
    ? describeProblem(error)
    : { title: t('signIn.portalRefused'), text: t('signIn.portalHint') };
  return (
    <Alert role="alert" color="orange" mb="md" icon={<IconAlertTriangle aria-hidden />} title={title}>
      {text}
    </Alert>
  );
}
