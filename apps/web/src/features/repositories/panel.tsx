import { kindOf, type RepositoryRow, type RepositoryTag } from '@hullcheck/contract';
import { Link } from '@tanstack/react-router';
import { AgentMark } from '../../app/agent-mark.tsx';
import { Trend } from '../../app/trend.tsx';
import { buttonClass } from '../../design/button.tsx';
import { counted } from '../../design/format.ts';
import { SidePanel } from '../../design/panel.tsx';
import { Risk } from '../../design/risk.tsx';
import { BoneBlock, Failure, Notice } from '../../design/states.tsx';
import { DigestText, Foreign, Middle } from '../../design/text.tsx';
import { Ago } from '../../design/time.tsx';
import { useTags } from './queries.ts';

interface RepositoryPanelProps {
  readonly repository: RepositoryRow;
  readonly onClose: () => void;
}

/** A repository opened beside the list: where it is from, and its tags. */
export function RepositoryPanel({ repository, onClose }: RepositoryPanelProps) {
  const tags = useTags(repository.id);
  return (
    <SidePanel
      label="Repository"
      of={repository.id}
      onClose={onClose}
      title={
        <h2>
          <Middle text={repository.repository} />
        </h2>
      }
      actions={
        <>
          <Link to="/containers" search={{ repository: repository.repository }} className={buttonClass('primary')}>
            Its {counted(repository.images, 'image')}
          </Link>
          {repository.connection !== null && (
            <Link to="/connections" search={{ edit: repository.connection.id }} className={buttonClass()}>
              Connection
            </Link>
          )}
        </>
      }
    >
      {repository.error !== null && (
        <Notice band="2" icon="warning">
          <span>
            The last reading failed: <Foreign text={repository.error} />
          </span>
        </Notice>
      )}
      <dl className="facts">
        <dt>Registry</dt>
        <dd className="break">
          <Foreign text={repository.registry} />
        </dd>
        <dt>Vendor</dt>
        <dd>{kindOf(repository.kind).name}</dd>
        {repository.description !== null && (
          <>
            <dt>Description</dt>
            <dd>
              <Foreign text={repository.description} />
            </dd>
          </>
        )}
        <dt>Connection</dt>
        <dd>{repository.connection === null ? '–' : <Foreign text={repository.connection.name} />}</dd>
        <dt>Read</dt>
        <dd>{repository.readAt === null ? 'never' : <Ago at={repository.readAt} />}</dd>
        {repository.newestBy !== null && (
          <>
            <dt>Tags read</dt>
            <dd>
              {newestWords[repository.newestBy]}
              {repository.newestReason !== null && (
                <span className="muted">
                  {' '}
                  (<Foreign text={repository.newestReason} />)
                </span>
              )}
            </dd>
          </>
        )}
        {repository.goneAt !== null && (
          <>
            <dt>Gone</dt>
            <dd>
              not in the registry since <Ago at={repository.goneAt} />
            </dd>
          </>
        )}
      </dl>
      <Trend
        level={3}
        title="Findings over time"
        of={{ registry: repository.registry, repository: repository.repository }}
      />
      <h3>Tags</h3>
      {tags.data !== undefined ? (
        <ul className="stack">
          {tags.data.items.map((tag) => (
            <TagLine key={tag.name} tag={tag} />
          ))}
          {tags.data.items.length === 0 && <li className="muted">None that the connection reads.</li>}
          {tags.data.next !== null && <li className="muted">and more: {tags.data.total.value} in all</li>}
        </ul>
      ) : tags.error !== null ? (
        <Failure title="The tags can't be shown" error={tags.error} onRetry={() => void tags.refetch()} />
      ) : (
        <BoneBlock lines={5} />
      )}
    </SidePanel>
  );
}

const newestWords = {
  all: 'all that pass the filters',
  pushed: 'those that were pushed last',
  name: 'the newest by name',
} as const;

function TagLine({ tag }: { readonly tag: RepositoryTag }) {
  return (
    <li className="row row-wrap">
      <Risk risk={tag.image?.risk ?? null} explanation={riskWords(tag.image)} />
      {tag.image === null ? (
        <span className="grow break">
          <Foreign text={tag.name} />
        </span>
      ) : (
        <Link to="/images/$id" params={{ id: tag.image.id }} className="grow break">
          <Foreign text={tag.name} />
        </Link>
      )}
      <AgentMark readBy={tag.image?.readBy ?? null} />
      {tag.digest !== '' && <DigestText digest={tag.digest} />}
      {tag.error !== null && (
        <span className="muted">
          <Foreign text={tag.error} />
        </span>
      )}
      {tag.goneAt !== null && (
        <span className="badge">
          gone since <Ago at={tag.goneAt} short />
        </span>
      )}
    </li>
  );
}

function riskWords(image: RepositoryTag['image']): string {
  if (image === null) return 'No image of this tag is in the console';
  return image.risk === null ? 'Not assessed yet' : 'The risk of its image';
}
