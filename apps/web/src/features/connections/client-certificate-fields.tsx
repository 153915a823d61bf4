import type { ConnectionRow } from '@hullcheck/contract';
import { Check, Field, TextArea } from '../../design/field.tsx';
import type { Draft, DraftErrors } from './draft.ts';

interface ClientCertificateFieldsProps {
  readonly draft: Draft;
  readonly errors: DraftErrors;
  readonly saved: ConnectionRow['tls']['clientCertificate'];
  readonly onChange: (part: Partial<Draft>) => void;
}

/** For registries that ask who connects (mutual TLS), beside whatever one signs in as. */
export function ClientCertificateFields({ draft, errors, saved, onChange }: ClientCertificateFieldsProps) {
  const kept =
    saved === null
      ? ''
      : `That of ${saved.subject} is saved, valid until ${saved.endsAt.slice(0, 10)}; leave empty to keep it.`;
  return (
    <>
      <Field
        label="Client certificate"
        hint={kept === '' ? 'PEM, where the registry asks who connects. No other server is shown it.' : kept}
        error={errors.clientCertificate}
      >
        {(control) => (
          <TextArea
            {...control}
            rows={3}
            value={draft.clientCertificate}
            spellCheck={false}
            placeholder="-----BEGIN CERTIFICATE-----"
            onChange={(event) => onChange({ clientCertificate: event.currentTarget.value })}
          />
        )}
      </Field>
      <Field
        label="Key of the client certificate"
        hint="PEM, without a passphrase. It is stored encrypted and never shown again."
        error={errors.clientKey}
      >
        {(control) => (
          <TextArea
            {...control}
            rows={3}
            value={draft.clientKey}
            spellCheck={false}
            autoComplete="off"
            placeholder="-----BEGIN PRIVATE KEY-----"
            onChange={(event) => onChange({ clientKey: event.currentTarget.value })}
          />
        )}
      </Field>
      {saved !== null && (
        <Check
          label="Forget the saved client certificate"
          checked={!draft.keepsClient}
          onChange={(event) => onChange({ keepsClient: !event.currentTarget.checked })}
        />
      )}
    </>
  );
}
