import type { ImageDetail } from '@hullcheck/contract';
import { shareWords } from '@hullcheck/core';
import type { ReactNode } from 'react';
import { visible } from '../../design/foreign-text.ts';
import { counted, formatBytes, formatDay, formatNumber } from '../../design/format.ts';
import { Icon } from '../../design/icons.tsx';
import { Notice } from '../../design/states.tsx';
import { CopyButton, Foreign, OutLink } from '../../design/text.tsx';
import { useSupport } from './queries.ts';
import { bySubject, supportLabel, supportWords } from './support-words.ts';

/** How far the figures can be trusted: what could not be read, which advisories were used, and all names and digests. */
export function Confidence({ image }: { readonly image: ImageDetail }) {
  const { state, reason } = image.assessment;
  // Before it was read, "everything was readable" would be a lie.
  const read = state === 'complete' || state === 'partial';
  const lacking = image.coverage.filter(({ extent }) => extent !== 'whole');
  return (
    <>
      {reason !== null && (
        <Notice
          band={state === 'failed' ? '4' : state === 'partial' ? '2' : 'none'}
          icon={state === 'partial' ? 'partial' : state === 'failed' ? 'warning' : 'unknown'}
        >
          <span>
            <Foreign text={reason} />
          </span>
        </Notice>
      )}
      <div className="row row-wrap folds">
        {(read || image.problems.length > 0) && (
          <Fold
            label={image.problems.length === 0 ? 'Everything was readable' : counted(image.problems.length, 'problem')}
            warn={image.problems.length > 0}
          >
            {image.problems.length === 0 ? (
              <p className="muted">No file, package or layer of this image failed to be read.</p>
            ) : (
              <ul className="stack">
                {image.problems.map((problem) => (
                  <li key={`${problem.code} ${problem.path} ${problem.layer}`}>
                    <b>{problem.code}</b>{' '}
                    {problem.path !== null && (
                      <code className="break">
                        <Foreign text={problem.path} />
                      </code>
                    )}
                    <div className="muted">
                      <Foreign text={problem.detail} />
                    </div>
                  </li>
                ))}
              </ul>
            )}
          </Fold>
        )}
        {read && (
          <Fold label={`Advisories for ${counted(image.coverage.length, 'ecosystem')}`} warn={lacking.length > 0}>
            {image.coverage.length === 0 && <p className="muted">No ecosystem was found in it, so none was asked.</p>}
            <dl className="facts">
              {image.coverage.map((one) => (
                <div key={one.ecosystem} className="contents">
                  <dt>
                    <Foreign text={one.ecosystem} />
                  </dt>
                  <dd>
                    {one.source === null ? 'no source' : <Foreign text={one.source} />}
                    {one.updatedAt !== null && `, ${formatDay(one.updatedAt)}`}
                    {one.extent !== 'whole' && (
                      <span className="badge badge-2">
                        {one.extent === 'none' ? 'none: counts read at least' : 'excerpt: counts read at least'}
                      </span>
                    )}
                  </dd>
                </div>
              ))}
            </dl>
            {image.database !== null && (
              <p className="small muted">
                Database {visible(image.database.revision)}, built {formatDay(image.database.builtAt)}. Risk model{' '}
                {image.riskModel ?? '–'}.
              </p>
            )}
          </Fold>
        )}
        {read && <Programs executables={image.executables} />}
        {read && <Support id={image.id} />}
        <Fold label={`${counted(image.names.length, 'name')}, ${counted(image.digests.length, 'digest')}`}>
          <ul className="stack">
            {image.names.map((name) => (
              <li key={name} className="row">
                <span className="break">
                  <Foreign text={name} />
                </span>
                <CopyButton text={name} label={`Copy ${visible(name)}`} />
              </li>
            ))}
            {image.digests.map(({ kind, digest, repository }) => (
              <li key={`${kind} ${digest} ${repository}`}>
                <div className="small muted">
                  {kind}
                  {repository !== null && (
                    <>
                      {' '}
                      in <Foreign text={repository} />
                    </>
                  )}
                </div>
                <div className="row">
                  <code className="break">
                    <Foreign text={digest} />
                  </code>
                  <CopyButton text={digest} label={`Copy ${kind} digest`} />
                </div>
              </li>
            ))}
          </ul>
        </Fold>
      </div>
    </>
  );
}

/** What of the image's programs the package list accounts for. Unknown is said: silence would read as "all of them". */
function Programs({ executables }: { readonly executables: ImageDetail['executables'] }) {
  if (executables === null) {
    return (
      <Fold label="Executables not weighed">
        <p className="muted">
          It was read by a version that did not ask which programs its packages explain. Assess it again to know.
        </p>
      </Fold>
    );
  }
  const { files, bytes, unclaimed } = executables;
  const all = `${counted(files, 'executable')} of ${formatBytes(bytes)}`;
  if (unclaimed.files === 0) {
    return (
      <Fold label="All executables explained">
        <p className="muted">
          {files === 0 ? 'It has no executables.' : `Each of ${all} belongs to a package that was found.`}
        </p>
      </Fold>
    );
  }
  return (
    <Fold label={`${shareWords(unclaimed.bytes, bytes)} of executable bytes not explained`} warn>
      <p className="muted">
        No package explains {formatNumber(unclaimed.files)} of {all}: what is wrong with them is not known. The largest:
      </p>
      <ul className="stack">
        {unclaimed.largest.map((file) => (
          <li key={file.path}>
            <code className="break">
              <Foreign text={file.path} />
            </code>{' '}
            <span className="muted">{formatBytes(file.bytes)}</span>
          </li>
        ))}
      </ul>
    </Fold>
  );
}

/** What nobody mends any more: new flaws in it may go unnamed, whatever the counts say. */
function Support({ id }: { readonly id: string }) {
  const subjects = bySubject(useSupport(id).data?.items ?? []);
  const label = supportLabel(subjects);
  if (label === undefined) return null;
  return (
    <Fold label={visible(label)} warn={subjects[0]?.note.status === 'ended'}>
      <ul className="stack">
        {subjects.map(({ subject, note, packages }) => (
          <li key={subject}>
            <b>
              <Foreign text={subject} />
            </b>{' '}
            <span className="muted">
              {supportWords(note)}, {counted(packages.length, 'package')}
            </span>
            {note.reference !== null && (
              <div>
                <OutLink address={note.reference} />
              </div>
            )}
          </li>
        ))}
      </ul>
    </Fold>
  );
}

function Fold({
  label,
  warn = false,
  children,
}: {
  readonly label: string;
  readonly warn?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <details className="fold" name="confidence">
      <summary>
        <Icon name={warn ? 'partial' : 'info'} size={14} />
        {label}
        <Icon name="down" size={12} />
      </summary>
      <div className="fold-body stack">{children}</div>
    </details>
  );
}
