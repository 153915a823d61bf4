import type { CallOutput } from '@hullcheck/contract';
import { Blank } from '../../design/states.tsx';
import type { Column } from '../../design/table.tsx';
import { Foreign, Middle } from '../../design/text.tsx';
import { Ago } from '../../design/time.tsx';
import { Listing } from './listing.tsx';
import { useAudit, useJobs } from './queries.ts';

type AuditRow = CallOutput<'audit.list'>['items'][number];
type JobRow = CallOutput<'jobs.list'>['items'][number];

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
