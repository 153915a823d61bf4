import { type ConnectionKindId, kindOf } from '@hullcheck/contract';
import { useSession } from '../../app/session.tsx';
import { Field, Input, Select, TextArea } from '../../design/field.tsx';
import { Fold } from '../../design/fold.tsx';
import { type AuthDraft, signInAs } from './draft.ts';
import type { AuthErrors } from './draft-errors.ts';
import { kindWords } from './kinds.ts';

interface CredentialFieldsProps {
  readonly kind: ConnectionKindId;
  readonly draft: AuthDraft;
  readonly errors: AuthErrors;
  /** Whose credential is saved and may stay; null: none is. */
  readonly saved: string | null;
  readonly onChange: (part: Partial<AuthDraft>) => void;
}

/** How to sign in at a registry of this kind, with the fields that its users know. */
export function CredentialFields({ kind, draft, errors, saved, onChange }: CredentialFieldsProps) {
  const words = draft.auth === 'saved' ? undefined : kindWords[kind].auths[draft.auth];
  const { machine } = kindOf(kind);
  const allowed = useSession().data?.machineIdentity ?? [];
  // What is saved stays to be seen, also where the operator has taken the permission back.
  const choices = kindOf(kind).auths.filter(
    (auth) => auth !== 'machine' || draft.auth === 'machine' || (machine !== undefined && allowed.includes(machine)),
  );
  return (
    <>
      <Field label="Sign in as" hint={draft.auth === 'machine' ? words?.hint : undefined}>
        {(control) => (
          <Select
            {...control}
            value={draft.auth}
            onChange={(event) => {
              const chosen = (['saved', ...choices] as const).find((auth) => auth === event.currentTarget.value);
              onChange(signInAs(chosen ?? 'anonymous', draft));
            }}
          >
            {saved !== null && (
              <option value="saved">Keep the saved credential{saved === '' ? '' : ` of ${saved}`}</option>
            )}
            {choices.map((auth) => (
              <option key={auth} value={auth}>
                {kindWords[kind].auths[auth]?.option ?? auth}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {draft.auth === 'entra' && (
        <Text
          label="Directory (tenant) ID"
          value={draft.tenant}
          error={errors.tenant}
          onChange={(tenant) => onChange({ tenant })}
        />
      )}
      {words?.username !== undefined && (
        <Text
          label={words.username}
          value={draft.username}
          error={errors.username}
          onChange={(username) => onChange({ username })}
        />
      )}
      {words?.secret !== undefined && (
        <Field
          label={words.secret}
          hint={words.hint ?? 'One that may only read is enough. It is stored encrypted and never shown again.'}
          error={errors.secret}
        >
          {(control) =>
            draft.auth === 'google-key' ? (
              <TextArea
                {...control}
                rows={4}
                value={draft.secret}
                spellCheck={false}
                autoComplete="off"
                placeholder={'{ "type": "service_account", …'}
                onChange={(event) => onChange({ secret: event.currentTarget.value })}
              />
            ) : (
              <Input
                {...control}
                type="password"
                value={draft.secret}
                maxLength={20_000}
                autoComplete="new-password"
                onChange={(event) => onChange({ secret: event.currentTarget.value })}
              />
            )
          }
        </Field>
      )}
      {draft.auth === 'machine' && machine === 'azure' && (
        <Text
          label="Client ID of the identity"
          hint="Where the machine has several; empty for its own."
          value={draft.username}
          error={errors.username}
          onChange={(username) => onChange({ username })}
        />
      )}
      {draft.auth === 'machine' && machine === 'aws' && (
        <Text
          label="Role to take on (ARN)"
          hint="Where the registry is in another account; the machine's own role then needs sts:AssumeRole."
          value={draft.roleArn}
          error={errors.roleArn}
          onChange={(roleArn) => onChange({ roleArn })}
        />
      )}
      {draft.auth === 'machine' && machine === 'aws' && draft.roleArn !== '' && (
        <Text
          label="External ID"
          value={draft.externalId}
          error={undefined}
          onChange={(externalId) => onChange({ externalId })}
        />
      )}
      {draft.auth === 'aws-key' && (
        <Fold
          title="Role and session token"
          filled={draft.roleArn !== '' || draft.sessionToken !== ''}
          wrong={errors.roleArn !== undefined}
        >
          <Text
            label="Role to take on (ARN)"
            hint="The key then needs sts:AssumeRole only."
            value={draft.roleArn}
            error={errors.roleArn}
            onChange={(roleArn) => onChange({ roleArn })}
          />
          <Text
            label="External ID"
            value={draft.externalId}
            error={undefined}
            onChange={(externalId) => onChange({ externalId })}
          />
          <Text
            label="Session token"
            hint="Of a temporary key, which ends: a role is better."
            value={draft.sessionToken}
            error={undefined}
            onChange={(sessionToken) => onChange({ sessionToken })}
          />
        </Fold>
      )}
    </>
  );
}

export function Text({
  label,
  hint,
  value,
  error,
  onChange,
}: {
  readonly label: string;
  readonly hint?: string;
  readonly value: string;
  readonly error: string | undefined;
  readonly onChange: (value: string) => void;
}) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => (
        <Input
          {...control}
          value={value}
          maxLength={2_000}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

export function Lines({
  label,
  hint,
  value,
  error,
  rows = 2,
  onChange,
}: {
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  readonly error: string | undefined;
  readonly rows?: number;
  readonly onChange: (value: string) => void;
}) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => (
        <TextArea
          {...control}
          rows={rows}
          value={value}
          spellCheck={false}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
