import type { ConnectionRow } from '@hullcheck/contract';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useMay } from '../../app/session.tsx';
import { Button, buttonClass, IconButton } from '../../design/button.tsx';
import { useNowMs } from '../../design/clock.ts';
import { Dialog } from '../../design/dialog.tsx';
import { counted } from '../../design/format.ts';
import { Icon } from '../../design/icons.tsx';
import { useKeys } from '../../design/keys.ts';
import { useMedia } from '../../design/media.ts';
import { Blank, Bone, Failure, failureWords, Loading, Notice, Progress, Stale } from '../../design/states.tsx';
import { Foreign } from '../../design/text.tsx';
import { Ago, Until } from '../../design/time.tsx';
import { certificateTerm } from './client-certificate.ts';
import { ASK_FOR_CERTIFICATE, CertificateBadge, CertificateNotice } from './client-certificate-notice.tsx';
import { kindName } from './draft.ts';
import { ConnectionForm } from './form.tsx';
import { useConnections, useDelete, useSync } from './queries.ts';
import { statusLooks } from './status.ts';

const route = getRouteApi('/connections');

/** Where do images come from, and does the way there work? */
export function ConnectionsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const connections = useConnections();
  const narrow = useMedia('(width < 760px)');
  const mayAdminister = useMay('admin');
  const [deleting, setDeleting] = useState<ConnectionRow | undefined>();
  const close = (): void => void navigate({ search: {}, replace: true });
  useKeys({ escape: () => search.edit !== undefined && close() });
  const edited = connections.data?.items.find(({ id }) => id === search.edit);
  const editing = mayAdminister && (search.edit === 'new' || edited !== undefined);
  const add = mayAdminister && (
    <Link to="/connections" search={{ edit: 'new' }} className={buttonClass('primary')}>
      <Icon name="plus" />
      Add connection
    </Link>
  );
  return (
    <div className={`page${editing && !narrow ? ' with-side' : ''}`}>
      <div className="page-head">
        <h1>Connections</h1>
        <p className="muted">Registries that the console reads by itself</p>
        <div className="actions">{add}</div>
      </div>
      {connections.data !== undefined && connections.error !== null && (
        <Stale
          updatedAtMs={connections.dataUpdatedAt}
          error={connections.error}
          onRetry={() => void connections.refetch()}
        />
      )}
      {connections.data === undefined ? (
        connections.error === null ? (
          <Bones />
        ) : (
          <Failure
            title="The connections can't be shown"
            error={connections.error}
            onRetry={() => void connections.refetch()}
          />
        )
      ) : connections.data.items.length === 0 ? (
        <Blank icon="connections" title="No registry is connected" actions={add}>
          A connection lists the repositories of a registry and has their newest tags assessed, before anybody runs
          them. A user who may only read is enough.
        </Blank>
      ) : (
        <ul className="stack-16">
          {connections.data.items.map((connection) => (
            <Connection
              key={connection.id}
              connection={connection}
              current={connection.id === search.edit}
              onDelete={() => setDeleting(connection)}
            />
          ))}
        </ul>
      )}
      {editing && (connections.data !== undefined || search.edit === 'new') && (
        <ConnectionForm
          key={`${search.edit} ${search.copy ?? ''}`}
          connection={edited}
          copied={connections.data?.items.find(({ id }) => id === search.copy)}
          registry={search.registry}
          onClose={close}
        />
      )}
      {deleting !== undefined && <Delete connection={deleting} onClose={() => setDeleting(undefined)} />}
    </div>
  );
}

function Connection({
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
  const bad = status.status !== 'connected' && status.status !== 'unknown';
  const busy = reading.activity !== 'idle';
  const client = connection.tls.clientCertificate;
  const nowMs = useNowMs();
  const endedClient = client !== null && certificateTerm(client.endsAt, nowMs).state === 'ended';
  const isRefusedFor = endedClient && status.status === 'ssl_handshake';
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
        {status.partial !== null && (
          <span className="badge badge-2">{status.partial === 'list_only' ? 'list only' : 'pull only'}</span>
        )}
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
      {bad && (
        <Notice band={status.status === 'rate_limited' ? '2' : '4'} icon="warning">
          <span>
            <Foreign text={status.detail} /> {isRefusedFor ? ASK_FOR_CERTIFICATE : look.todo}
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
        {bad && status.okAt !== null && (
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

function Delete({ connection, onClose }: { readonly connection: ConnectionRow; readonly onClose: () => void }) {
  const remove = useDelete();
  return (
    <Dialog
      title="Delete this connection?"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button
            look="danger"
            icon="trash"
            busy={remove.isPending}
            onClick={() => remove.mutate(connection.id, { onSuccess: onClose })}
          >
            Delete
          </Button>
        </>
      }
    >
      <p>
        <b>
          <Foreign text={connection.name} />
        </b>{' '}
        and its credential are forgotten. Its {counted(connection.sync.images, 'image')} leave the list, unless a host
        or an upload has them too.
      </p>
      {remove.error !== null && (
        <Notice band="4" icon="warning" role="alert">
          <span>Not deleted. {failureWords(remove.error).why}</span>
        </Notice>
      )}
    </Dialog>
  );
}

function Bones() {
  return (
    <div className="stack-16">
      <Loading label="Loading connections" />
      {[1, 2, 3].map((number) => (
        <div key={number} className="card card-pad stack-16">
          <Bone width={180} />
          <Bone width="50%" />
          <Bone width="36%" />
        </div>
      ))}
    </div>
  );
}
