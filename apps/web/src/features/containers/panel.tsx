import type { FindingRow, ImageDetail } from '@hullcheck/contract';
import { Link } from '@tanstack/react-router';
import { AgentMark } from '../../app/agent-mark.tsx';
import { AssessmentText, RemedyButtons } from '../../app/assessment.tsx';
import { imageName } from '../../app/image-name.ts';
import { isAtLeast, useImage, useImageFindings } from '../../app/image-queries.ts';
import { OperatingSystem } from '../../app/operating-system.tsx';
import { buttonClass } from '../../design/button.tsx';
import { counted, formatBytes, formatCount } from '../../design/format.ts';
import { SidePanel } from '../../design/panel.tsx';
import { Count, Risk, RiskBlock, SeverityMark } from '../../design/risk.tsx';
import { BoneBlock, Failure, Notice } from '../../design/states.tsx';
import { DigestText, Foreign, Middle } from '../../design/text.tsx';
import { Ago } from '../../design/time.tsx';

const WORST_MAX = 8;

/** A row of the list, opened beside it: enough to decide whether to go in. */
export function ImagePanel({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const image = useImage(id);
  return (
    <SidePanel
      label="Image"
      of={id}
      onClose={onClose}
      title={image.data === undefined ? <h2>Image</h2> : <Title image={image.data} />}
      actions={
        <>
          <Link to="/images/$id" params={{ id }} className={buttonClass('primary')}>
            Open image
          </Link>
          {image.data !== undefined && <RemedyButtons image={image.data} name={imageName(image.data)} small={false} />}
          <span className="grow" />
          <span className="faint small row">
            <kbd>j</kbd> <kbd>k</kbd> move <kbd>Esc</kbd> closes
          </span>
        </>
      }
    >
      {image.data !== undefined ? (
        <Body image={image.data} />
      ) : image.error !== null ? (
        <Failure title="This image can't be shown" error={image.error} onRetry={() => void image.refetch()} />
      ) : (
        <BoneBlock lines={8} />
      )}
    </SidePanel>
  );
}

function Title({ image }: { readonly image: ImageDetail }) {
  return (
    <h2>
      <Middle text={imageName(image)} />
    </h2>
  );
}

function Body({ image }: { readonly image: ImageDetail }) {
  const atLeast = isAtLeast(image.assessment);
  const { counts } = image;
  return (
    <>
      <div className="image-head">
        <RiskBlock risk={image.risk} atLeast={atLeast} />
        <div className="stack">
          {image.explanation !== null && <p>{image.explanation}</p>}
          {counts !== null && (
            <div className="counts-strip">
              {(['critical', 'severe', 'moderate'] as const).map((word) => (
                <span key={word} className="row">
                  <SeverityMark word={word} /> <b>{formatCount(counts[word], atLeast)}</b>
                </span>
              ))}
            </div>
          )}
        </div>
      </div>
      {image.assessment.reason !== null && (
        <Notice
          band={image.assessment.state === 'failed' ? '4' : '2'}
          icon={image.assessment.state === 'partial' ? 'partial' : 'unknown'}
        >
          <span>
            <Foreign text={image.assessment.reason} />
          </span>
        </Notice>
      )}
      {counts !== null && <Worst id={image.id} total={counts.total} />}
      <dl className="facts">
        <dt>Assessed</dt>
        <dd>
          <AssessmentText status={image.assessment} />
          <AgentMark readBy={image.assessment.readBy} />
        </dd>
        <dt>Tags</dt>
        <dd>{image.tags.length === 0 ? 'none' : image.tags.map((tag) => <Foreign key={tag} text={`${tag} `} />)}</dd>
        <dt>System</dt>
        <dd>
          <OperatingSystem os={image.os} />
        </dd>
        <dt>Runs on</dt>
        <dd>
          {image.hosts === 0
            ? 'no host that reports'
            : `${counted(image.hosts, 'host')}, ${counted(image.containers, 'running container')}`}
        </dd>
        <dt>Packages</dt>
        <dd>
          <Count value={image.packages} atLeast={atLeast} />
        </dd>
        <dt>Size</dt>
        <dd>{image.size === null ? '–' : formatBytes(image.size)}</dd>
        <dt>Created</dt>
        <dd>{image.created === null ? '–' : <Ago at={image.created} />}</dd>
        <dt>Known from</dt>
        <dd>
          {image.sources.slice(0, 3).map((source) => (
            <div key={`${source.kind} ${source.name}`}>
              <Foreign text={source.name} /> <span className="faint">{source.kind}</span>
            </div>
          ))}
          {image.sources.length > 3 && <span className="faint">and {image.sources.length - 3} more</span>}
        </dd>
        {image.digest !== null && (
          <>
            <dt>Digest</dt>
            <dd>
              <DigestText digest={image.digest} />
            </dd>
          </>
        )}
      </dl>
    </>
  );
}

function Worst({ id, total }: { readonly id: string; readonly total: number }) {
  const findings = useImageFindings(id);
  if (findings.data === undefined)
    return findings.error === null ? (
      <BoneBlock lines={4} />
    ) : (
      <Failure title="The findings can't be shown" error={findings.error} onRetry={() => void findings.refetch()} />
    );
  const worst = distinct(findings.data.items).slice(0, WORST_MAX);
  if (worst.length === 0) return null;
  return (
    <section className="stack" aria-label="Worst vulnerabilities">
      <div className="row">
        <h3 className="grow">Worst first</h3>
        <Link to="/images/$id" params={{ id }} className="small">
          All {total}
        </Link>
      </div>
      <ul>
        {worst.map((finding) => (
          <li key={finding.id} className="row worst">
            <Risk risk={finding.risk} />
            <Link
              to="/images/$id"
              params={{ id }}
              search={{ finding: `${finding.id} ${finding.package.purl}` }}
              className="nowrap"
            >
              {finding.id}
            </Link>
            <span className="grow muted cut">
              <Foreign text={finding.package.name} />
            </span>
            {finding.kev && <span className="badge badge-4">exploited</span>}
            {finding.fixedIn.length > 0 && <span className="badge badge-ok">fix</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function distinct(findings: readonly FindingRow[]): readonly FindingRow[] {
  return [...new Map(findings.toReversed().map((finding) => [finding.id, finding])).values()].reverse();
}
