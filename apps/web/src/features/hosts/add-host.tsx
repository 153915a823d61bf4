import { useEffect } from 'react';
import { Button } from '../../design/button.tsx';
import { Dialog } from '../../design/dialog.tsx';
import { formatExact } from '../../design/format.ts';
import { Icon } from '../../design/icons.tsx';
import { BoneBlock, failureWords, Notice } from '../../design/states.tsx';
import { Command } from '../../design/text.tsx';
import { useEnrolment } from './queries.ts';

/** The command that makes a host report, with a token that works once. */
export function AddHost({ onClose }: { readonly onClose: () => void }) {
  const enrolment = useEnrolment();
  const { mutate } = enrolment;
  useEffect(() => mutate(), [mutate]);
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
      <p>
        Run this on the host. The agent lists its images and containers, opens no port, and appears here within seconds.
      </p>
      {enrolment.data !== undefined ? (
        <>
          {enrolment.data.install !== null ? (
            <>
              <Command text={enrolment.data.install} />
              <details className="fold">
                <summary>
                  This host has hullcheck already
                  <Icon name="down" size={12} />
                </summary>
                <Command text={enrolment.data.command} />
              </details>
            </>
          ) : (
            <Command text={enrolment.data.command} />
          )}
          <Notice band="2" icon="clock">
            <span>
              It asks for this token, which works once and ends on {formatExact(Date.parse(enrolment.data.expiresAt))}.
              So the token stands in no process list and no shell history. Shown only here:
            </span>
            <Command text={enrolment.data.token} />
          </Notice>
        </>
      ) : enrolment.error !== null ? (
        <Notice band="4" icon="warning" role="alert">
          <span>No token was made. {failureWords(enrolment.error).why}</span>
          <span>
            <Button small onClick={() => mutate()}>
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
