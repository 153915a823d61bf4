import type { CallOutput } from '@hullcheck/contract';
import { type FormEvent, useState } from 'react';
import { Button } from '../../design/button.tsx';
import { Confirm } from '../../design/confirm.tsx';
import { Dialog } from '../../design/dialog.tsx';
import { Field, Input, Select } from '../../design/field.tsx';
import { formatDay } from '../../design/format.ts';
import { Blank, failureWords, Notice } from '../../design/states.tsx';
import type { Column } from '../../design/table.tsx';
import { Command, Foreign } from '../../design/text.tsx';
import { Ago } from '../../design/time.tsx';
import { Listing } from './listing.tsx';
import { useCreateToken, useRevokeToken, useTokens } from './queries.ts';

type TokenRow = CallOutput<'tokens.list'>['items'][number];
const roles = ['viewer', 'operator', 'admin'] as const;

/** Which programs may speak to the console, and for how long? */
export function TokensSection() {
  const tokens = useTokens();
  const [adding, setAdding] = useState(false);
  const [revoking, setRevoking] = useState<TokenRow | undefined>();
  const columns: readonly Column<TokenRow>[] = [
    {
      id: 'name',
      header: 'Name',
      className: 'card-head',
      cell: (row) => (
        <b>
          <Foreign text={row.name} />
        </b>
      ),
    },
    { id: 'role', header: 'Role', width: 104, cell: (row) => <span className="badge">{row.role}</span> },
    {
      id: 'created',
      header: 'Made',
      label: 'Made',
      width: 120,
      hideBelow: 840,
      cell: (row) => <Ago at={row.createdAt} />,
    },
    {
      id: 'expires',
      header: 'Ends',
      label: 'Ends',
      width: 132,
      cell: (row) => (row.expiresAt === null ? 'never' : formatDay(row.expiresAt)),
    },
    {
      id: 'used',
      header: 'Last used',
      label: 'Last used',
      width: 132,
      cell: (row) => (row.lastUsedAt === null ? <span className="faint">never</span> : <Ago at={row.lastUsedAt} />),
    },
    {
      id: 'revoke',
      header: <span className="visually-hidden">Actions</span>,
      width: 96,
      number: true,
      cell: (row) => (
        <Button small look="danger" aria-label={`Revoke ${row.name}`} onClick={() => setRevoking(row)}>
          Revoke
        </Button>
      ),
    },
  ];
  const add = (
    <Button look="primary" icon="plus" onClick={() => setAdding(true)}>
      New token
    </Button>
  );
  return (
    <>
      <div className="page-head">
        <h2>API tokens</h2>
        <div className="actions">{add}</div>
      </div>
      <Listing
        label="API tokens"
        query={tokens}
        columns={columns}
        keyOf={(row) => row.id}
        empty={
          <Blank icon="connections" title="No tokens" actions={add}>
            Pipelines and scripts send a token as <code>Authorization: Bearer …</code>. Each has a role and an end.
          </Blank>
        }
      />
      {adding && <NewToken onClose={() => setAdding(false)} />}
      {revoking !== undefined && <Revoke token={revoking} onClose={() => setRevoking(undefined)} />}
    </>
  );
}

function NewToken({ onClose }: { readonly onClose: () => void }) {
  const create = useCreateToken();
  const [name, setName] = useState('');
  const [role, setRole] = useState<TokenRow['role']>('viewer');
  const [days, setDays] = useState('90');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (name.trim() !== '')
      create.mutate({ name: name.trim(), role, expiresInDays: days === '' ? null : Number(days) });
  };
  if (create.data !== undefined)
    return (
      <Dialog
        title="Copy the token now"
        onClose={onClose}
        actions={
          <Button look="primary" onClick={onClose}>
            I have it
          </Button>
        }
      >
        <p>It is shown this once; the console keeps only its hash.</p>
        <Command text={create.data.token} />
      </Dialog>
    );
  return (
    <Dialog
      title="New API token"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="new-token" busy={create.isPending} disabled={name.trim() === ''}>
            Make token
          </Button>
        </>
      }
    >
      <form id="new-token" className="form" onSubmit={submit}>
        <Field label="Name" hint="What uses it, as: GitHub Actions of shop">
          {(control) => (
            <Input
              {...control}
              value={name}
              maxLength={200}
              autoComplete="off"
              onChange={(event) => setName(event.currentTarget.value)}
            />
          )}
        </Field>
        <Field
          label="Role"
          hint={
            role === 'viewer'
              ? 'Reads everything.'
              : role === 'operator'
                ? 'Also uploads and assesses.'
                : 'Also changes connections, agents and tokens.'
          }
        >
          {(control) => (
            <Select
              {...control}
              value={role}
              onChange={(event) => setRole(roles.find((one) => one === event.currentTarget.value) ?? 'viewer')}
            >
              {roles.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Ends after">
          {(control) => (
            <Select {...control} value={days} onChange={(event) => setDays(event.currentTarget.value)}>
              <option value="30">30 days</option>
              <option value="90">90 days</option>
              <option value="365">1 year</option>
              <option value="">never</option>
            </Select>
          )}
        </Field>
        {create.error !== null && (
          <Notice band="4" icon="warning" role="alert">
            <span>No token was made. {failureWords(create.error).why}</span>
          </Notice>
        )}
      </form>
    </Dialog>
  );
}

function Revoke({ token, onClose }: { readonly token: TokenRow; readonly onClose: () => void }) {
  const revoke = useRevokeToken();
  return (
    <Confirm
      title="Revoke this token?"
      act="Revoke"
      state={revoke}
      failed="Not revoked."
      onAct={() => revoke.mutate(token.id, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>
        What uses{' '}
        <b>
          <Foreign text={token.name} />
        </b>{' '}
        is refused from now on. This can't be undone; a new token takes a minute.
      </p>
    </Confirm>
  );
}
