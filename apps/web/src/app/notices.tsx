import type { Overview } from '@hullcheck/contract';
import { Link } from '@tanstack/react-router';
import { Notice } from '../design/states.tsx';
import { Command, Foreign } from '../design/text.tsx';

/** What somebody has to do before what is shown can be relied on. */
export function Notices({ notices }: { readonly notices: Overview['notices'] }) {
  return notices.map(({ kind, message, remedy, image }) => (
    <Notice key={message} band={kind === 'readings' ? '4' : '2'} icon="warning">
      <span>
        <Foreign text={message} />
      </span>
      {remedy !== null && <Command text={remedy} />}
      {kind === 'readings' && (
        <span className="row row-wrap">
          <Link to="/settings/$section" params={{ section: 'agents' }}>
            Agents whose readings differ
          </Link>
          {image !== undefined && (
            <Link to="/images/$id" params={{ id: image }}>
              An image that it is about
            </Link>
          )}
        </span>
      )}
    </Notice>
  ));
}
