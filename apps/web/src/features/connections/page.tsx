import type { ConnectionRow } from '@hullcheck/contract';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useMay } from '../../app/session.tsx';
import { buttonClass } from '../../design/button.tsx';
import { Confirm } from '../../design/confirm.tsx';
import { counted } from '../../design/format.ts';
import { Icon } from '../../design/icons.tsx';
import { useKeys } from '../../design/keys.ts';
import { useMedia } from '../../design/media.ts';
import { Blank, Bone, Failure, Loading, Stale } from '../../design/states.tsx';
import { Foreign } from '../../design/text.tsx';
import { ConnectionCard } from './connection-card.tsx';
import { ConnectionForm } from './form.tsx';
import { useConnections, useDelete } from './queries.ts';

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
            <ConnectionCard
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

function Delete({ connection, onClose }: { readonly connection: ConnectionRow; readonly onClose: () => void }) {
  const remove = useDelete();
  return (
    <Confirm
      title="Delete this connection?"
      act="Delete"
      icon="trash"
      state={remove}
      failed="Not deleted."
      onAct={() => remove.mutate(connection.id, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>
        <b>
          <Foreign text={connection.name} />
        </b>{' '}
        and its credential are forgotten. Its {counted(connection.sync.images, 'image')} leave the list, unless a host
        or an upload has them too.
      </p>
    </Confirm>
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
