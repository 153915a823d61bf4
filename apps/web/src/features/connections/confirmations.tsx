import type { ConnectionTrial } from '@hullcheck/contract';
import { Button } from '../../design/button.tsx';
import { Check } from '../../design/field.tsx';
import type { Draft } from './draft.ts';

interface ConfirmationsProps {
  readonly draft: Draft;
  readonly onChange: (part: Partial<Draft>) => void;
}

/** What a test found closed and an administrator may open, for this connection and exactly that. */
export function ConfirmButtons({ trial, draft, onChange }: ConfirmationsProps & { readonly trial: ConnectionTrial }) {
  const { privateAddresses, tokenServers } = trial;
  return (
    <>
      {privateAddresses.length > 0 && (
        <div>
          <Button
            className="button-wraps"
            onClick={() => onChange({ allowedAddresses: [...draft.allowedAddresses, ...privateAddresses] })}
          >
            Allow {privateAddresses.join(', ')} for this connection
          </Button>
        </div>
      )}
      {tokenServers.length > 0 && (
        <div className="stack">
          <div>
            <Button
              className="button-wraps"
              onClick={() => onChange({ trustedRealms: [...draft.trustedRealms, ...tokenServers] })}
            >
              Allow {tokenServers.join(', ')} for this connection
            </Button>
          </div>
          {draft.auth === 'saved' && (
            <p className="muted">The saved credential was not given for that server: enter it again then.</p>
          )}
        </div>
      )}
    </>
  );
}

/** What was confirmed, to be taken back. */
export function Confirmed({ draft, onChange }: ConfirmationsProps) {
  const { allowedAddresses, trustedRealms } = draft;
  return (
    <>
      {allowedAddresses.map((address) => (
        <Check
          key={address}
          label={`May go to ${address} in a private network`}
          checked
          onChange={() => onChange({ allowedAddresses: allowedAddresses.filter((one) => one !== address) })}
        />
      ))}
      {trustedRealms.map((realm) => (
        <Check
          key={realm}
          label={`May go to the token server ${realm} with the credential`}
          checked
          onChange={() => onChange({ trustedRealms: trustedRealms.filter((one) => one !== realm) })}
        />
      ))}
    </>
  );
}
