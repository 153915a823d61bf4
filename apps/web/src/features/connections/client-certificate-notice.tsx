import type { ConnectionRow } from '@hullcheck/contract';
import { useNowMs } from '../../design/clock.ts';
import { formatDay } from '../../design/format.ts';
import { Icon } from '../../design/icons.tsx';
import { Notice } from '../../design/states.tsx';
import { Foreign } from '../../design/text.tsx';
import { certificateTerm } from './client-certificate.ts';

type Saved = NonNullable<ConnectionRow['tls']['clientCertificate']>;

/** What only people can do, who see it in the list. */
export const ASK_FOR_CERTIFICATE =
  'Ask whoever runs the registry for a new client certificate, and enter it with its key under Change.';

interface CertificateNoticeProps {
  readonly saved: Saved;
  readonly todo?: string;
}

/** Beside the status of a connection: one that is connected today may be refused next week. */
export function CertificateBadge({ saved }: { readonly saved: Saved }) {
  const term = certificateTerm(saved.endsAt, useNowMs());
  if (term.state === 'valid') return null;
  return (
    <span className={`badge ${term.state === 'ended' ? 'badge-4' : 'badge-2'}`}>
      <Icon name="clock" size={12} />
      {term.state === 'ended' ? 'certificate has ended' : `certificate ends ${term.when}`}
    </span>
  );
}

/** What to do about a client certificate that ends soon or has ended; nothing while there is time. */
export function CertificateNotice({ saved, todo = ASK_FOR_CERTIFICATE }: CertificateNoticeProps) {
  const term = certificateTerm(saved.endsAt, useNowMs());
  if (term.state === 'valid') return null;
  const day = formatDay(saved.endsAt);
  return (
    <Notice band={term.state === 'ended' ? '4' : '2'} icon="clock">
      <span>
        The client certificate of <Foreign text={saved.subject} />{' '}
        {term.state === 'ended'
          ? `ended on ${day}: a registry that asks who connects refuses it.`
          : `ends ${term.when}, on ${day}.`}{' '}
        {todo}
      </span>
    </Notice>
  );
}
