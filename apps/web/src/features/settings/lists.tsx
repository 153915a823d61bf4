import type { AgentRow, CallOutput } from '@hullcheck/contract';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useMay } from '../../app/session.tsx';
import { Button } from '../../design/button.tsx';
import { Dialog } from '../../design/dialog.tsx';
import { Blank, failureWords, Notice } from '../../design/states.tsx';
import type { Column } from '../../design/table.tsx';
import { Foreign, Middle } from '../../design/text.tsx';
import { Ago } from '../../design/time.tsx';
import { Listing } from './listing.tsx';
import { useAgents, useAudit, useJobs, useRevokeAgent } from './queries.ts';

type AuditRow = CallOutput<'audit.list'>['items'][number];
type JobRow = CallOutput<'jobs.list'>['items'][number];

/** Which agents may report? */
export function AgentsSection() {
  const agents = useAgents();
  const mayAdminister = useMay('admin');
  const [revoking, setRevoking] = useState<AgentRow | undefined>();
  const columns: readonly Column<AgentRow>[] = [
    {
      id: 'name',
      header: 'Agent',
      className: 'card-head',
      cell: (row) =>
        row.host === null ? (
          <Middle text={row.name} />
        ) : (
          <Link to="/hosts/$id" params={{ id: row.host }} className="middle">
            <Middle text={row.name} />
          </Link>
        ),
    },
    {
      id: 'differing',
      header: 'Readings',
      label: 'Readings',
      width: 132,
      cell: (row) =>
        row.differing === 0 ? (
          <span className="faint">none differ</span>
        ) : (
          <span
            className="badge badge-4"
            title="Another reader reports other content of the same layers; one of the hosts may be compromised. The audit log names them."
          >
            {row.differing} {row.differing === 1 ? 'differs' : 'differ'}
          </span>
        ),
    },
    { id: 'version', header: 'Version', label: 'Version', width: 104, cell: (row) => <Foreign text={row.version} /> },
    {
      id: 'enrolled',
      header: 'Enrolled',
      label: 'Enrolled',
      width: 132,
      hideBelow: 840,
      cell: (row) => <Ago at={row.enrolledAt} />,
    },
    {
      id: 'seen',
      header: 'Last seen',
      label: 'Last seen',
      width: 132,
      cell: (row) => (row.lastSeen === null ? <span className="faint">never</span> : <Ago at={row.lastSeen} />),
    },
    {
      id: 'revoke',
      header: <span className="visually-hidden">Actions</span>,
      width: 112,
      number: true,
      cell: (row) =>
        row.revokedAt !== null ? (
          <span className="badge">revoked</span>
        ) : (
          mayAdminister && (
            <Button small look="danger" aria-label={`Revoke ${row.name}`} onClick={() => setRevoking(row)}>
              Revoke
            </Button>
          )
        ),
    },
  ];
  return (
    <>
      <h2>Agents</h2>
      <Listing
        label="Agents"
        query={agents}
        columns={columns}
        keyOf={(row) => row.id}
        empty={
          <Blank icon="hosts" title="No agents">
            An agent appears here when it enrols. The command for it is made under <Link to="/hosts">Hosts</Link>.
          </Blank>
        }
      />
      {revoking !== undefined && <RevokeAgent agent={revoking} onClose={() => setRevoking(undefined)} />}
    </>
  );
}

function RevokeAgent({ agent, onClose }: { readonly agent: AgentRow; readonly onClose: () => void }) {
  const revoke = useRevokeAgent();
  return (
    <Dialog
      title="Revoke this agent?"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button look="danger" busy={revoke.isPending} onClick={() => revoke.mutate(agent.id, { onSuccess: onClose })}>
            Revoke
          </Button>
        </>
      }
    >
      <p>
        <b>
          <Foreign text={agent.name} />
        </b>{' '}
        may no longer report. What only it has read is forgotten, and those images are read again by the console or
        another agent.
      </p>
      {revoke.error !== null && (
        <Notice band="4" icon="warning" role="alert">
          <span>Not revoked. {failureWords(revoke.error).why}</span>
        </Notice>
      )}
    </Dialog>
  );
}

/** Who did what? */
export function AuditSection() {
  return (
    <>
      <h2>Audit</h2>
      <Listing
        label="Audit"
        query={useAudit()}
        columns={auditColumns}
        keyOf={(row, index) => `${row.at} ${row.action} ${index}`}
        empty={
          <Blank icon="clock" title="Nothing yet">
            Sign-ins, refusals and every change of connections, tokens and agents appear here.
          </Blank>
        }
      />
    </>
  );
}

const auditColumns: readonly Column<AuditRow>[] = [
  { id: 'at', header: 'When', width: 112, cell: (row) => <Ago at={row.at} /> },
  { id: 'actor', header: 'Who', width: 240, className: 'card-head', cell: (row) => <Middle text={row.actor} /> },
  { id: 'action', header: 'Did', width: 220, cell: (row) => <code>{row.action}</code> },
  {
    id: 'target',
    header: 'To',
    cell: (row) => (row.target === null ? <span className="faint">–</span> : <Middle text={row.target} />),
  },
  {
    id: 'outcome',
    header: 'Outcome',
    width: 96,
    cell: (row) => <span className={`badge${row.outcome === 'ok' ? '' : ' badge-4'}`}>{row.outcome}</span>,
  },
  {
    id: 'address',
    header: 'From',
    width: 144,
    hideBelow: 980,
    className: 'card-none',
    cell: (row) => (row.address === null ? <span className="faint">–</span> : <Foreign text={row.address} />),
  },
];

/** What has the console been doing? */
export function JobsSection() {
  return (
    <>
      <h2>Work</h2>
      <Listing
        label="Work"
        query={useJobs()}
        columns={jobColumns}
        keyOf={(row) => row.id}
        empty={
          <Blank icon="activity" title="Nothing has run yet">
            Assessments, feeds and repositories being read appear here, with the reason where one failed.
          </Blank>
        }
      />
    </>
  );
}

const jobColumns: readonly Column<JobRow>[] = [
  {
    id: 'state',
    header: 'State',
    width: 96,
    cell: (row) => (
      <span className={`badge${row.state === 'failed' ? ' badge-4' : row.state === 'done' ? ' badge-ok' : ''}`}>
        {row.state}
      </span>
    ),
  },
  {
    id: 'kind',
    header: 'Kind',
    width: 160,
    hideBelow: 840,
    className: 'card-none',
    cell: (row) => <code>{row.kind}</code>,
  },
  { id: 'what', header: 'What', className: 'card-head', cell: (row) => <Middle text={row.what} tailMax={28} /> },
  {
    id: 'reason',
    header: 'Why',
    width: 320,
    hideBelow: 980,
    className: 'card-whole',
    cell: (row) =>
      row.reason === null ? (
        <span className="faint card-none">–</span>
      ) : (
        <span className="cut block" title={row.reason}>
          <Foreign text={row.reason} />
        </span>
      ),
  },
  { id: 'attempts', header: 'Tries', label: 'Tries', width: 64, number: true, cell: (row) => row.attempts },
  { id: 'queued', header: 'Queued', width: 112, cell: (row) => <Ago at={row.queuedAt} /> },
];
