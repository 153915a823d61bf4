import { type ConnectionKindId, kindOf } from '@hullcheck/contract';
import { Button } from '../../design/button.tsx';
import { Fold } from '../../design/fold.tsx';
import { CredentialFields, Text } from './credential-fields.tsx';
import type { RepositoryDraft } from './draft.ts';
import type { AuthErrors } from './draft-errors.ts';

interface RepositoryCredentialsProps {
  readonly kind: ConnectionKindId;
  readonly entries: readonly RepositoryDraft[];
  readonly errors: readonly AuthErrors[];
  readonly onChange: (entries: readonly RepositoryDraft[]) => void;
}

/** Credentials of single repositories: the first pattern that fits counts, before the one above. */
export function RepositoryCredentials({ kind, entries, errors, onChange }: RepositoryCredentialsProps) {
  const add = (): void => {
    const key = Math.max(-1, ...entries.map((entry) => entry.key)) + 1;
    const empty = { username: '', secret: '', tenant: '', sessionToken: '', roleArn: '', externalId: '' };
    const { auths } = kindOf(kind);
    const [auth = 'anonymous'] = auths.includes('anonymous') ? (['anonymous'] as const) : auths;
    onChange([...entries, { ...empty, key, pattern: '', saved: null, auth }]);
  };
  return (
    <Fold
      title={`Credentials of single repositories${entries.length > 0 ? ` (${entries.length})` : ''}`}
      filled={entries.length > 0}
      wrong={errors.some((one) => Object.keys(one).length > 0)}
    >
      <p className="field-hint">
        For repositories that the credential above may not read. The first pattern that fits counts.
      </p>
      {entries.map((entry, index) => (
        <fieldset key={entry.key} className="form card card-pad">
          <legend className="visually-hidden">Credential {index + 1}</legend>
          <Text
            label="Repositories"
            hint="One, or a pattern as team/*"
            value={entry.pattern}
            error={errors[index]?.pattern}
            onChange={(pattern) => onChange(entries.map((one) => (one === entry ? { ...entry, pattern } : one)))}
          />
          <CredentialFields
            kind={kind}
            draft={entry}
            errors={errors[index] ?? {}}
            saved={entry.saved}
            onChange={(part) => onChange(entries.map((one) => (one === entry ? { ...entry, ...part } : one)))}
          />
          <div>
            <Button small icon="trash" onClick={() => onChange(entries.filter((one) => one !== entry))}>
              Remove
            </Button>
          </div>
        </fieldset>
      ))}
      <div>
        <Button small icon="plus" onClick={add}>
          Add a credential
        </Button>
      </div>
    </Fold>
  );
}
