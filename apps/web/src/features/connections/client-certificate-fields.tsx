import type { ConnectionRow } from '@hullcheck/contract';
import { useNowMs } from '../../design/clock.ts';
import { Check, Field, TextArea } from '../../design/field.tsx';
import { formatDay } from '../../design/format.ts';
import { Foreign } from '../../design/text.tsx';
import { certificateTerm } from './client-certificate.ts';
import { CertificateNotice } from './client-certificate-notice.tsx';
import type { Draft } from './draft.ts';
import type { DraftErrors } from './draft-errors.ts';

interface ClientCertificateFieldsProps {
  readonly draft: Draft;
  readonly errors: DraftErrors;
  readonly saved: ConnectionRow['tls']['clientCertificate'];
  readonly onChange: (part: Partial<Draft>) => void;
}

/** For registries that ask who connects (mutual TLS), beside whatever one signs in as. */
export function ClientCertificateFields({ draft, errors, saved, onChange }: ClientCertificateFieldsProps) {
  const nowMs = useNowMs();
  const isValid = saved !== null && certificateTerm(saved.endsAt, nowMs).state === 'valid';
  const keeps = draft.keepsClient && draft.clientCertificate.trim() === '' && draft.clientKey.trim() === '';
  return (
    <>
      {saved !== null && (
        <>
          <CertificateNotice
            saved={saved}
            todo="Ask whoever runs the registry for a new one, and enter it with its key below."
          />
          {isValid && (
            <p className="muted break">
              The client certificate of <Foreign text={saved.subject} /> is saved, valid until {formatDay(saved.endsAt)}
              .
            </p>
          )}
          <Check
            label="Forget the saved client certificate"
            checked={!draft.keepsClient}
            onChange={(event) => onChange({ keepsClient: !event.currentTarget.checked })}
          />
        </>
      )}
      <Field
        label="Client certificate"
        hint={
          keeps
            ? 'PEM. Empty keeps the saved one, with its key.'
            : 'PEM, where the registry asks who connects. No other server is shown it.'
        }
        error={errors.clientCertificate}
      >
        {(control) => (
          <TextArea
            {...control}
            rows={3}
            value={draft.clientCertificate}
            spellCheck={false}
            autoComplete="off"
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
    </>
  );
}
