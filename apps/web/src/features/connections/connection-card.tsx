import type { ConnectionRow } from '@hullcheck/contract';
import { Link } from '@tanstack/react-router';
import { useMay } from '../../app/session.tsx';
import { Button, buttonClass, IconButton } from '../../design/button.tsx';
import { useNowMs } from '../../design/clock.ts';
import { counted } from '../../design/format.ts';
import { Icon } from '../../design/icons.tsx';
import { failureWords, Notice, Progress } from '../../design/states.tsx';
import { Foreign } from '../../design/text.tsx';
import { Ago, Until } from '../../design/time.tsx';
import { certificateTerm } from './client-certificate.ts';
import { ASK_FOR_CERTIFICATE, CertificateBadge, CertificateNotice } from './client-certificate-notice.tsx';
import { kindName } from './draft.ts';
import { useSync } from './queries.ts';
import { partialLooks, statusLooks } from './status.ts';

/** One connection: whether the way to its registry works, what to do where it does not, and what was read. */
export function ConnectionCard({
  connection,
  current,
  onDelete,
}: {
  readonly connection: ConnectionRow;
  readonly current: boolean;
  readonly onDelete: () => void;
}) {
  const sync = useSync();
  const mayOperate = useMay('operator');
  const mayAdminister = useMay('admin');
  const { status, sync: reading } = connection;
  const look = statusLooks[status.status];
  const busy = reading.activity !== 'idle';
  const client = connection.tls.clientCertificate;
  const nowMs = useNowMs();
  const endedClient = client !== null && certificateTerm(client.endsAt, nowMs).state === 'ended';
  const isRefusedFor = endedClient && status.status === 'ssl_handshake';
  const isWhole = status.status === 'connected' && status.partial === null;
  // Before the first try there is nothing to do but wait.
  const tells = status.checkedAt !== null && !isWhole;
  const isMild = status.partial !== null || status.status === 'rate_limited' || status.status === 'unknown';
  const todo = status.partial === null ? look.todo : partialLooks[status.partial].todo;
  return (
    <li className="card card-pad stack" aria-current={current ? 'true' : undefined}>
      <div className="row row-wrap">
        <h2>
          <Foreign text={connection.name} />
        </h2>
        <span className={`badge ${look.badge}`}>
          <Icon
            name={status.status === 'connected' ? 'check' : status.status === 'unknown' ? 'unknown' : 'warning'}
            size={12}
          />
          {look.word}
        </span>
        {status.partial !== null && <span className="badge badge-2">{partialLooks[status.partial].word}</span>}
        {client !== null && <CertificateBadge saved={client} />}
        <span className="grow" />
        <div className="row">
          {mayOperate && (
            <Button small icon="refresh" busy={busy || sync.isPending} onClick={() => sync.mutate(connection.id)}>
              {busy ? 'Reading' : 'Read again'}
            </Button>
          )}
          {mayAdminister && (
            <>
              <Link to="/connections" search={{ edit: connection.id }} className={buttonClass('plain', true)}>
                Change
              </Link>
              <Link
                to="/connections"
                search={{ edit: 'new', copy: connection.id }}
                className={buttonClass('plain', true)}
              >
                Copy
              </Link>
              <IconButton small icon="trash" look="danger" label={`Delete ${connection.name}`} onClick={onDelete} />
            </>
          )}
        </div>
      </div>
      <p className="muted break">
        {kindName(connection.kind)} · <Foreign text={connection.url} /> ·{' '}
        {connection.auth.kind === 'anonymous' ? (
          'without sign-in'
        ) : connection.auth.username === null ? (
          'with a token'
        ) : (
          <>
            as <Foreign text={connection.auth.username} />
          </>
        )}
        {connection.repositoryCredentials.length > 0 && (
          <> · {counted(connection.repositoryCredentials.length, 'repository credential')}</>
        )}
        {connection.tls.insecureHttp && <span className="over"> · plain HTTP allowed</span>}
      </p>
      {tells && (
        <Notice band={isMild ? '2' : '4'} icon="warning">
          <span>
            <Foreign text={status.detail} /> {isRefusedFor ? ASK_FOR_CERTIFICATE : todo}
            {status.retryAt !== null && (
              <>
                {' '}
                Next try <Until at={status.retryAt} />.
              </>
            )}
          </span>
        </Notice>
      )}
      {client !== null && !isRefusedFor && <CertificateNotice saved={client} />}
      {reading.error !== null && reading.error !== status.detail && (
        <Notice band="2" icon="warning">
          <span>
            The last reading ended early: <Foreign text={reading.error} />
          </span>
        </Notice>
      )}
      {busy && <Progress label={`Reading ${connection.name}`} value={null} />}
      <div className="page-facts">
        <span>
          <Link to="/repositories" search={{ connection: connection.id }}>
            {counted(reading.repositories, 'repository', 'repositories')}
          </Link>
        </span>
        <span>
          <Link to="/containers" search={{ connection: connection.id }}>
            {counted(reading.images, 'image')}
          </Link>
        </span>
        <span>
          {connection.repositories.length === 0 ? (
            'all repositories'
          ) : (
            <Foreign text={connection.repositories.slice(0, 4).join(', ')} />
          )}
          {connection.repositories.length > 4 && ` and ${connection.repositories.length - 4} more patterns`}, newest{' '}
          {counted(connection.tagsMax, 'tag')}
        </span>
        <span>
          {reading.at === null ? (
            'never read'
          ) : (
            <>
              read <Ago at={reading.at} />
            </>
          )}
        </span>
        {reading.next !== null && reading.activity === 'idle' && (
          <span>
            next <Until at={reading.next} />
          </span>
        )}
        {!isWhole && status.partial === null && status.okAt !== null && (
          <span>
            last good <Ago at={status.okAt} />
          </span>
        )}
        {connection.rateLimit !== null && (
          <span>
            {connection.rateLimit.remaining}
            {connection.rateLimit.limit === null ? '' : ` of ${connection.rateLimit.limit}`} pulls left
          </span>
        )}
      </div>
      {sync.error !== null && <p className="field-error">{failureWords(sync.error).why}</p>}
    </li>
  );
}
