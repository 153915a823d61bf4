import type { AgentRow } from '@hullcheck/contract';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useMay } from '../../app/session.tsx';
import { Button } from '../../design/button.tsx';
import { Confirm } from '../../design/confirm.tsx';
import { counted } from '../../design/format.ts';
import { Blank } from '../../design/states.tsx';
import type { Column } from '../../design/table.tsx';
import { Foreign, Middle } from '../../design/text.tsx';
import { Ago } from '../../design/time.tsx';
import { Listing } from './listing.tsx';
import { useAgents, useNodeEnrollment, useRevokeAgent } from './queries.ts';

/** Which agents may report? */
export function AgentsSection() {
  const agents = useAgents();
  const mayAdminister = useMay('admin');
  const [revoking, setRevoking] = useState<AgentRow | undefined>();
  const [nodesOf, setNodesOf] = useState<AgentRow | undefined>();
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
      id: 'enrolment',
      header: 'Enrolment',
      label: 'Enrolment',
      width: 236,
      hideBelow: 760,
      cell: (row) => <Enrolment agent={row} onChange={mayAdminister ? () => setNodesOf(row) : undefined} />,
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
      {nodesOf !== undefined && <NodeEnrolment agent={nodesOf} onClose={() => setNodesOf(undefined)} />}
    </>
  );
}

function RevokeAgent({ agent, onClose }: { readonly agent: AgentRow; readonly onClose: () => void }) {
  const revoke = useRevokeAgent();
  const nodes = agent.nodes?.enrolled ?? 0;
  return (
    <Confirm
      title="Revoke this agent?"
      act="Revoke"
      state={revoke}
      failed="Not revoked."
      onAct={() => revoke.mutate(agent.id, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>
        <b>
          <Foreign text={agent.name} />
        </b>{' '}
        may no longer report. What only it has read is forgotten, and those images are read again by the console or
        another agent.
      </p>
      {nodes > 0 && (
        <p>
          {nodes === 1 ? 'The agent of one node' : `The agents of ${counted(nodes, 'node')}`} enrolled through it and{' '}
          {nodes === 1 ? 'is' : 'are'} revoked too.
        </p>
      )}
    </Confirm>
  );
}

/** Who vouched for the agent, and for how many others it vouches itself. */
function Enrolment({ agent, onChange }: { readonly agent: AgentRow; readonly onChange: (() => void) | undefined }) {
  const { through, nodes, revokedAt } = agent;
  if (through !== null)
    return (
      <span className="row nowrap" title={`As the node ${through.node}, by the service account of its pod`}>
        through&nbsp;
        <Middle text={through.name} />
      </span>
    );
  if (nodes === null) return <span className="faint">by token</span>;
  const words = counted(nodes.enrolled, 'node');
  const state = nodes.mayEnroll ? 'more may enrol' : 'no more';
  if (onChange === undefined || revokedAt !== null)
    return <span>{revokedAt === null ? `${words}, ${state}` : words}</span>;
  return (
    <Button small look="quiet" aria-label={`Nodes of ${agent.name}: ${words}, ${state}`} onClick={onChange}>
      {words}, {state}
    </Button>
  );
}

/** Whether nodes enrol on the word of the cluster's agent. */
function NodeEnrolment({ agent, onClose }: { readonly agent: AgentRow; readonly onClose: () => void }) {
  const change = useNodeEnrollment();
  const allowed = agent.nodes?.mayEnroll === true;
  return (
    <Confirm
      title={allowed ? 'Let no more nodes enrol?' : 'Let nodes enrol?'}
      keep="Leave it"
      act={allowed ? 'Let no more enrol' : 'Let nodes enrol'}
      look={allowed ? 'danger' : 'primary'}
      state={change}
      failed="Nothing was changed."
      onAct={() => change.mutate({ id: agent.id, nodesMayEnroll: !allowed }, { onSuccess: onClose })}
      onClose={onClose}
    >
      {allowed ? (
        <p>
          Nodes of{' '}
          <b>
            <Foreign text={agent.name} />
          </b>{' '}
          that come from now on get no agent by themselves. Agents that have enrolled go on.
        </p>
      ) : (
        <p>
          Agents on the nodes of{' '}
          <b>
            <Foreign text={agent.name} />
          </b>{' '}
          enrol by the service account of their pods, also on nodes that come later. Whoever takes over this agent, or
          may make pods in the namespace of the chart, can make up hosts.
        </p>
      )}
    </Confirm>
  );
}
