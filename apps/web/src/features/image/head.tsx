import type { ImageDetail } from '@hullcheck/contract';
import { Link } from '@tanstack/react-router';
import { AssessmentText, RemedyButtons } from '../../app/assessment.tsx';
import { imageName } from '../../app/image-name.ts';
import { isAtLeast, remediesOf, useAssess, useCancelAssessment } from '../../app/image-queries.ts';
import { lifeState, OperatingSystem } from '../../app/operating-system.tsx';
import { useMay } from '../../app/session.tsx';
import { Button, buttonClass } from '../../design/button.tsx';
import { useNowMs } from '../../design/clock.ts';
import { counted, formatBytes, formatCount, formatDay, formatNumber } from '../../design/format.ts';
import { Icon } from '../../design/icons.tsx';
import { RiskBlock, SeverityMark } from '../../design/risk.tsx';
import { failureWords, Notice } from '../../design/states.tsx';
import { CopyButton, Foreign } from '../../design/text.tsx';
import { Ago } from '../../design/time.tsx';
import { Confidence } from './confidence.tsx';
import { BaseFact, BaseUpdateLine } from './lineage.tsx';

/** Name, risk and why, what is known and how well. */
export function ImageHead({ image }: { readonly image: ImageDetail }) {
  const assess = useAssess();
  const cancel = useCancelAssessment();
  const mayOperate = useMay('operator');
  const name = imageName(image);
  const atLeast = isAtLeast(image.assessment);
  const busy = image.assessment.activity !== 'idle';
  const [fullName] = image.names;
  return (
    <>
      <nav aria-label="Where this is" className="row small">
        <Link to="/containers">Containers</Link>
        {image.repository !== null && (
          <>
            <span className="faint">/</span>
            <Link to="/containers" search={{ repository: image.repository }}>
              <Foreign text={image.repository} />
            </Link>
          </>
        )}
      </nav>
      <div className="page-head">
        <div className="image-title">
          <h1>
            <Foreign text={imageName({ ...image, registry: null })} />
          </h1>
          {image.repository !== null && image.registry !== null && (
            <span className="faint break">
              <Foreign text={image.registry} />
            </span>
          )}
          {fullName !== undefined && <CopyButton text={fullName} label="Copy name" />}
          {image.tags.slice(0, 6).map((tag) => (
            <span key={tag} className="tag cut">
              <Foreign text={tag} />
            </span>
          ))}
          {image.tags.length > 6 && <span className="faint small">+{image.tags.length - 6}</span>}
        </div>
        <div className="actions">
          <RemedyButtons image={image} name={name} small={false} />
          {mayOperate && (busy || !remediesOf(image.assessment).includes('assess')) && (
            <Button icon="refresh" busy={busy || assess.isPending} onClick={() => assess.mutate(image.id)}>
              {busy ? 'Being assessed' : 'Reassess'}
            </Button>
          )}
          {mayOperate && busy && (
            <Button icon="close" busy={cancel.isPending} onClick={() => cancel.mutate(image.id)}>
              Cancel
            </Button>
          )}
          <a
            className={buttonClass()}
            href={`/api/v1/images/${encodeURIComponent(image.id)}/report`}
            download={`${fileName(name)}.json`}
          >
            <Icon name="download" />
            JSON
          </a>
        </div>
      </div>
      {assess.error !== null && (
        <Notice band="4" icon="warning" role="alert">
          <span>The assessment was not started. {failureWords(assess.error).why}</span>
        </Notice>
      )}
      {cancel.error !== null && (
        <Notice band="4" icon="warning" role="alert">
          <span>The assessment was not cancelled. {failureWords(cancel.error).why}</span>
        </Notice>
      )}
      <div className="image-head">
        <RiskBlock risk={image.risk} atLeast={atLeast} />
        <div className="stack">
          <p className="lead">{image.explanation ?? whyUnknown(image)}</p>
          {image.counts !== null && <Counts image={image} counts={image.counts} atLeast={atLeast} />}
          <div className="row row-wrap">
            <AssessmentText status={image.assessment} />
            {image.assessment.state === 'partial' && image.assessment.assessedAt !== null && (
              <span className="muted">
                <Ago at={image.assessment.assessedAt} />
              </span>
            )}
            {image.assessment.readBy !== null && (
              <span className="muted">
                <Reader name={image.assessment.readBy} />
              </span>
            )}
          </div>
        </div>
      </div>
      <Confidence image={image} />
      <BaseUpdateLine image={image} />
      <Facts image={image} />
    </>
  );
}

function Reader({ name }: { readonly name: string }) {
  if (name === 'console') return 'read by the console';
  if (name === 'attached-sbom') return 'not read: stated by an SBOM in its registry';
  return (
    <>
      read by the agent <Foreign text={name} />
    </>
  );
}

function Counts({
  image,
  counts,
  atLeast,
}: {
  readonly image: ImageDetail;
  readonly counts: NonNullable<ImageDetail['counts']>;
  readonly atLeast: boolean;
}) {
  return (
    <div className="counts-strip">
      {(['critical', 'severe', 'moderate'] as const).map((word) => (
        <span key={word} className="row">
          <SeverityMark word={word} /> <b>{formatCount(counts[word], atLeast)}</b>
        </span>
      ))}
      <span className="muted">
        {formatCount(counts.fixable, atLeast)} with a fix · {formatCount(counts.exploitable, atLeast)} with an exploit
        {image.riskTotal !== null && ` · total risk ${formatNumber(Math.round(image.riskTotal))}`}
      </span>
    </div>
  );
}

function whyUnknown(image: ImageDetail): string {
  if (image.assessment.activity === 'running') return 'It is being read now; the risk appears here when it is judged.';
  if (image.assessment.activity === 'queued') return 'It waits for its assessment, which starts by itself.';
  return image.assessment.state === 'none'
    ? 'It has not been assessed: nothing is known yet, neither good nor bad.'
    : 'What is wrong with it is not known: it could not be assessed.';
}

function Facts({ image }: { readonly image: ImageDetail }) {
  const nowMs = useNowMs();
  const extended = image.os?.extendedEndOfLife ?? null;
  const life = image.os === null ? 'unknown' : lifeState(image.os.endOfLife, nowMs, extended);
  return (
    <dl className="card fact-strip">
      <div>
        <dt>Operating system</dt>
        <dd>
          <OperatingSystem os={image.os} />
          {image.os?.endOfLife != null && (
            <span className={life === 'over' ? 'small over' : 'small muted'}>
              {life === 'extended' && extended !== null
                ? `long-term support until ${formatDay(extended)}`
                : `${life === 'over' ? 'support ended' : 'supported until'} ${formatDay(image.os.endOfLife)}`}
            </span>
          )}
        </dd>
      </div>
      <BaseFact image={image} />
      <div>
        <dt>Runs on</dt>
        <dd>
          {image.hosts === 0 ? (
            <span className="muted">no host that reports</span>
          ) : (
            <Link to="/images/$id" params={{ id: image.id }} search={{ tab: 'hosts' }}>
              {counted(image.hosts, 'host')}, {counted(image.containers, 'container')}
            </Link>
          )}
        </dd>
      </div>
      <div>
        <dt>Packages</dt>
        <dd>{formatCount(image.packages, isAtLeast(image.assessment))}</dd>
      </div>
      <div>
        <dt>Size</dt>
        <dd>{image.size === null ? '–' : formatBytes(image.size)}</dd>
      </div>
      <div>
        <dt>Created</dt>
        <dd>{image.created === null ? '–' : <Ago at={image.created} />}</dd>
      </div>
      <div>
        <dt>Platform</dt>
        <dd>{image.platform === null ? '–' : <Foreign text={image.platform} />}</dd>
      </div>
      <div>
        <dt>Known from</dt>
        <dd>
          {image.sources.slice(0, 2).map((source) => (
            <span key={`${source.kind} ${source.name}`} className="source">
              <Foreign text={source.name} /> <span className="faint">{source.kind}</span>
            </span>
          ))}
          {image.sources.length > 2 && <span className="faint">+{image.sources.length - 2}</span>}
        </dd>
      </div>
    </dl>
  );
}

/** A name that every file system takes; nothing of the image's own name but letters, digits and dashes. */
function fileName(name: string): string {
  return `hullcheck-${name.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 80)}`;
}
