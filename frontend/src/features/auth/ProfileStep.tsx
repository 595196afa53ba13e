import { Button, Stack, Text, Title, UnstyledButton } from '@mantine/core';
import { IconUser } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { chooseProfile, type Outcome, type Profile } from './api.ts';
import { Refusal } from './Refusal.tsx';

interface Props {
  chooseToken: string;
  profiles: readonly Profile[];
  onDone: (outcome: Outcome) => void;
  onRestart: () => void;
}

/** A family on one phone: who is it today? */
export function ProfileStep({ chooseToken, profiles, onDone, onRestart }: Props) {
  const { t } = useTranslation();
  const choose = useMutation({
    mutationFn: (profileId: string) => chooseProfile(chooseToken, profileId),
    onSuccess: onDone,
  });
  return (
    <Stack>
      <div>
        <Title order={1} size="h2">
          {t('signIn.chooseTitle')}
        </Title>
        <Text c="dimmed" mt={4}>
          {t('signIn.chooseLead')}
        </Text>
      </div>
      {profiles.map(({ profile_id, first_name, birth_year }) => (
        <Button
          key={profile_id}
          variant="light"
          size="lg"
          justify="flex-start"
          leftSection={<IconUser size={22} aria-hidden />}
          loading={choose.isPending && choose.variables === profile_id}
          onClick={() => choose.mutate(profile_id)}
        >
          {birth_year ? t('signIn.person', { name: first_name, year: birth_year }) : first_name}
        </Button>
      ))}
      <Refusal error={choose.error} />
      <UnstyledButton className="textButton" onClick={onRestart}>
        {t('signIn.otherPhone')}
      </UnstyledButton>
    </Stack>
  );
}
