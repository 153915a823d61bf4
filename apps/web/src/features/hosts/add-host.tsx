import type { CallOutput } from '@hullcheck/contract';
import { useEffect, useState } from 'react';
import { Button } from '../../design/button.tsx';
import { Dialog } from '../../design/dialog.tsx';
import { Field, Select } from '../../design/field.tsx';
import { Fold } from '../../design/fold.tsx';
import { formatExact } from '../../design/format.ts';
import { BoneBlock, failureWords, Notice } from '../../design/states.tsx';
import { Command } from '../../design/text.tsx';
import { useEnrolment } from './queries.ts';

type Made = CallOutput<'agents.enrollments'>;

/** The command that makes a host or a cluster report, with a token that works once. */
export function AddHost({ onClose }: { readonly onClose: () => void }) {
  const [isCluster, setIsCluster] = useState(false);
  const enrolment = useEnrolment();
  const { mutate, data } = enrolment;
  useEffect(() => mutate(isCluster), [mutate, isCluster]);
  // While another one is made, the last one's commands stand for what is no longer asked for.
  const made = data !== undefined && (data.kubernetes !== null) === isCluster ? data : undefined;
  return (
    <Dialog
      title="Add a host"
      wide
      onClose={onClose}
      actions={
        <Button look="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <Field label="What is added">
        {(field) => (
          <Select
            {...field}
            value={isCluster ? 'cluster' : 'host'}
            onChange={(event) => setIsCluster(event.target.value === 'cluster')}
          >
            <option value="host">A Linux host</option>
            <option value="cluster">A Kubernetes cluster and its nodes</option>
          </Select>
        )}
      </Field>
      {made !== undefined ? (
        <Commands made={made} />
      ) : enrolment.error !== null ? (
        <Notice band="4" icon="warning" role="alert">
          <span>No token was made. {failureWords(enrolment.error).why}</span>
          <span>
            <Button small onClick={() => mutate(isCluster)}>
              Try again
            </Button>
          </span>
        </Notice>
      ) : (
        <BoneBlock lines={3} />
      )}
      <p className="small muted">
        A runtime's socket is root-equivalent: one small process of the agent holds it and passes listed read-only
        calls, another without privileges talks to the console.
      </p>
    </Dialog>
  );
}

function Commands({ made }: { readonly made: Made }) {
  const { kubernetes } = made;
  return (
    <>
      {kubernetes === null ? <HostCommands made={made} /> : <ClusterCommands {...kubernetes} />}
      <Notice band="2" icon="clock">
        <span>
          It asks for this token, which works once and ends on {formatExact(Date.parse(made.expiresAt))}. So the token
          stands in no process list and no shell history. Shown only here:
        </span>
        <Command text={made.token} />
      </Notice>
    </>
  );
}

function HostCommands({ made }: { readonly made: Made }) {
  const { container } = made;
  return (
    <>
      <p>
        Run this on the host. The agent lists its images and containers, opens no port, and appears here within seconds.
      </p>
      <Command text={made.install ?? made.command} />
      {made.install !== null && (
        <Fold title="This host has hullcheck already" filled={false}>
          <Command text={made.command} />
        </Fold>
      )}
      {container !== null && (
        <Fold title="As a container, by the host's Docker" filled={false}>
          <p>
            The first asks for the token, a line without a prompt, and keeps the agent's key in a volume; the second
            runs it with that. The guide says how the image is made, and how it is upgraded and removed.
          </p>
          <Command text={container.enroll} />
          <Command text={container.run} />
        </Fold>
      )}
    </>
  );
}

function ClusterCommands({ secret, chart }: NonNullable<Made['kubernetes']>) {
  return (
    <>
      <p>
        A collector lists the cluster's pods, an agent on each node what its runtime holds. Nodes enrol by the service
        account of their pods, also those that come later: whoever may make pods in this namespace can make up hosts, so
        keep it to yourself. The guide says how the image is made and what the namespace needs.
      </p>
      <Command text={secret} />
      <Command text={chart} />
    </>
  );
}
