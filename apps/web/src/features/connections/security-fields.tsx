import type { ConnectionRow } from '@hullcheck/contract';
import { Check, Field, TextArea } from '../../design/field.tsx';
import { Fold } from '../../design/fold.tsx';
import { ClientCertificateFields } from './client-certificate-fields.tsx';
import { Confirmed } from './confirmations.tsx';
import { type Draft, hasConfirmed, usesMachine, whatCounts } from './draft.ts';
import type { DraftErrors } from './draft-errors.ts';

interface SecurityFieldsProps {
  readonly draft: Draft;
  readonly errors: DraftErrors;
  readonly saved: ConnectionRow['tls'] | undefined;
  readonly onChange: (part: Partial<Draft>) => void;
}

/** Whom the console trusts on the way to the registry, and as whom it shows itself. */
export function SecurityFields({ draft, errors, saved, onChange }: SecurityFieldsProps) {
  const client = saved?.clientCertificate ?? null;
  const filled =
    draft.insecureHttp ||
    draft.ca !== '' ||
    draft.clientCertificate !== '' ||
    draft.clientKey !== '' ||
    client !== null ||
    hasConfirmed(draft);
  return (
    <Fold
      title="Certificates, plain HTTP and private network"
      filled={filled}
      wrong={[errors.ca, errors.clientCertificate, errors.clientKey].some((error) => error !== undefined)}
    >
      {usesMachine(draft) ? (
        <p className="muted">
          The identity of the console’s machine goes to the cloud’s own servers alone: with no other certificate
          authority, and never over plain HTTP.
        </p>
      ) : (
        <>
          <Field
            label="Certificate authority"
            hint={
              draft.keepsCa
                ? 'One is saved; leave empty to keep it.'
                : 'PEM, where the registry has a certificate of its own.'
            }
            error={errors.ca}
          >
            {(control) => (
              <TextArea
                {...control}
                rows={3}
                value={draft.ca}
                spellCheck={false}
                placeholder="-----BEGIN CERTIFICATE-----"
                onChange={(event) => onChange({ ca: event.currentTarget.value })}
              />
            )}
          </Field>
          {saved?.ca === true && (
            <Check
              label="Forget the saved certificate authority"
              checked={!draft.keepsCa}
              onChange={(event) => onChange({ keepsCa: !event.currentTarget.checked })}
            />
          )}
        </>
      )}
      <ClientCertificateFields draft={draft} errors={errors} saved={client} onChange={onChange} />
      {!usesMachine(draft) && (
        <Check
          label="Allow plain HTTP to this registry: the credential is then readable on the way"
          checked={draft.insecureHttp}
          onChange={(event) => onChange({ insecureHttp: event.currentTarget.checked })}
        />
      )}
      <Confirmed draft={whatCounts(draft)} onChange={onChange} />
    </Fold>
  );
}
