import type { FindingRow } from '@hullcheck/contract';
import { getRouteApi, Link } from '@tanstack/react-router';
import { AgentMark } from '../../app/agent-mark.tsx';
import { buttonClass } from '../../design/button.tsx';
import { formatDay, formatProbability } from '../../design/format.ts';
import { SidePanel } from '../../design/panel.tsx';
import { RiskBlock, SeverityMark } from '../../design/risk.tsx';
import { CopyButton, Foreign, OutLink } from '../../design/text.tsx';
import { findingKey } from './grouping.ts';
import { useSupport } from './queries.ts';
import { statusWords } from './status-words.ts';
import { supportWords } from './support-words.ts';

const route = getRouteApi('/images/$id');

interface FindingPanelProps {
  readonly finding: FindingRow;
  /** Whose word it is that the image has the package. */
  readonly readBy: string | null;
  readonly onClose: () => void;
}

/** One finding: why it counts, why it is there, what ends it. */
export function FindingPanel({ finding, readBy, onClose }: FindingPanelProps) {
  const { evidence, cvss } = finding;
  const params = route.useParams();
  const unsupported = useSupport(params.id).data?.items.find(({ purl }) => purl === finding.package.purl);
  return (
    <SidePanel
      label="Finding"
      of={findingKey(finding)}
      onClose={onClose}
      title={
        <h2 className="row">
          <Foreign text={finding.id} />
          <CopyButton text={finding.id} label="Copy id" />
          <AgentMark readBy={readBy} />
        </h2>
      }
      actions={
        <Link to="/vulnerabilities/$id" params={{ id: finding.id }} className={buttonClass('primary')}>
          Where is this running?
        </Link>
      }
    >
      <div className="image-head">
        <RiskBlock risk={finding.risk} />
        <div className="stack">
          <p className="strong">
            <Foreign text={finding.title} />
          </p>
          <p className="muted">
            {finding.setAside === undefined ? finding.explanation : `Not counted: ${finding.setAside.reason}`}
          </p>
        </div>
      </div>
      <dl className="facts">
        <dt>Severity</dt>
        <dd className="row row-wrap">
          <SeverityMark word={finding.severity} />{' '}
          <span className="muted">
            {finding.severitySource != null && (
              <>
                by <Foreign text={finding.severitySource} />,{' '}
              </>
            )}
            rated {finding.rating}
          </span>
        </dd>
        {cvss !== null && (
          <>
            <dt>CVSS</dt>
            <dd>
              <b>{cvss.score.toFixed(1)}</b> <span className="muted">by {cvss.source}</span>
              {cvss.vector !== null && (
                <div>
                  <code className="break">
                    <Foreign text={cvss.vector} />
                  </code>
                </div>
              )}
            </dd>
          </>
        )}
        <dt>Exploited</dt>
        <dd>
          {finding.kev ? (
            <span className="badge badge-4">known attacks, in CISA KEV</span>
          ) : (
            exploitWords[finding.exploit]
          )}
          <div className="muted">
            {finding.epss === null
              ? 'EPSS has no figure yet'
              : `EPSS ${formatProbability(finding.epss)} within 30 days`}
          </div>
        </dd>
        {finding.ssvc !== undefined && (
          <>
            <dt>SSVC (CISA)</dt>
            <dd>{ssvcWords(finding.ssvc)}</dd>
          </>
        )}
        {evidence.state !== undefined && (
          <>
            <dt>CVE record</dt>
            <dd>
              <span className="badge">{evidence.state === 'disputed' ? 'Disputed' : 'Rejected'}</span>
              <div className="muted">{stateWords[evidence.state]}</div>
            </dd>
          </>
        )}
        <dt>Package</dt>
        <dd>
          <Foreign text={finding.package.name} /> <Foreign text={finding.package.version} />
          <div className="row">
            <code className="break small">
              <Foreign text={finding.package.purl} />
            </code>
            <CopyButton text={finding.package.purl} label="Copy purl" />
          </div>
        </dd>
        {unsupported !== undefined && (
          <>
            <dt>Support</dt>
            <dd>
              <Foreign text={unsupported.subject} />: {supportWords(unsupported)}
            </dd>
          </>
        )}
        <dt>Fixed in</dt>
        <dd>
          {finding.fixedIn.length === 0 ? (
            <span className="muted">{statusWords[finding.status]}</span>
          ) : (
            finding.fixedIn.map((version) => (
              <div key={version} className="row">
                <b>
                  <Foreign text={version} />
                </b>
                <CopyButton text={version} label="Copy version" />
              </div>
            ))
          )}
        </dd>
        {finding.layer !== null && (
          <>
            <dt>Layer</dt>
            <dd>
              <Link
                from="/images/$id"
                to="/images/$id"
                params={params}
                search={(old) => (finding.layer === null ? old : { ...old, layer: finding.layer })}
                replace
                resetScroll={false}
              >
                <code>{finding.layer.slice(0, 19)}…</code>
              </Link>
            </dd>
          </>
        )}
        {finding.published !== null && (
          <>
            <dt>Published</dt>
            <dd>{formatDay(finding.published)}</dd>
          </>
        )}
        {finding.aliases.length > 0 && (
          <>
            <dt>Also called</dt>
            <dd>
              {finding.aliases.map((alias) => (
                <div key={alias}>
                  <Foreign text={alias} />
                </div>
              ))}
            </dd>
          </>
        )}
        {finding.categories.length > 0 && (
          <>
            <dt>Categories</dt>
            <dd>
              <Foreign text={finding.categories.join(', ')} />
            </dd>
          </>
        )}
      </dl>
      <section className="stack" aria-label="Evidence">
        <h3>Why it is here</h3>
        <dl className="facts">
          <dt>Rule</dt>
          <dd>
            <code>{evidence.rule}</code>
          </dd>
          <dt>Compared</dt>
          <dd>
            <code className="break">
              <Foreign text={evidence.compared} />
            </code>{' '}
            with{' '}
            <code className="break">
              <Foreign text={evidence.range} />
            </code>
          </dd>
          {evidence.via !== null && (
            <>
              <dt>Through</dt>
              <dd>
                source package <Foreign text={evidence.via} />
              </dd>
            </>
          )}
          {evidence.confidence !== undefined && (
            <>
              <dt>How sure</dt>
              <dd>
                <b>{sureWords[evidence.confidence.level]}</b>{' '}
                <span className="muted">
                  <Foreign text={evidence.confidence.reason} />
                </span>
              </dd>
            </>
          )}
          <dt>Advisories</dt>
          <dd>
            {evidence.advisories.map(({ feed, id }) => (
              <div key={`${feed} ${id}`}>
                <Foreign text={id} /> <span className="muted">{feed}</span>
              </div>
            ))}
          </dd>
          {evidence.vex !== undefined && (
            <>
              <dt>Its vendor says</dt>
              <dd>
                <b>{evidence.vex.status.replaceAll('_', ' ')}</b>
                {evidence.vex.justification !== null && (
                  <>
                    , <Foreign text={evidence.vex.justification.replaceAll('_', ' ')} />
                  </>
                )}{' '}
                <span className="muted break">
                  <Foreign text={evidence.vex.source} />
                </span>
              </dd>
            </>
          )}
          {evidence.disagreeing !== undefined && (
            <>
              <dt>Say otherwise</dt>
              <dd>
                {evidence.disagreeing.map(({ feed, id, says }) => (
                  <div key={`${feed} ${id}`}>
                    <Foreign text={id} />{' '}
                    <span className="muted">
                      {feed}: {says.replaceAll('-', ' ')}
                    </span>
                  </div>
                ))}
              </dd>
            </>
          )}
        </dl>
      </section>
      {finding.references.length > 0 && (
        <section className="stack" aria-label="References">
          <h3>References</h3>
          <ul className="stack">
            {finding.references.map(({ source, url }) => (
              <li key={url} className="row">
                <OutLink address={url} /> <span className="faint small nowrap">{source}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </SidePanel>
  );
}

const sureWords = { high: 'sure', medium: 'fairly sure', low: 'a guess' } as const;

const exploitWords: { readonly [state in FindingRow['exploit']]: string } = {
  none: 'no exploit is known',
  poc: 'a proof of concept is public',
  weaponized: 'a ready-made exploit exists',
  attacked: 'attacks with it are known',
};

const stateWords: { readonly [state in NonNullable<FindingRow['evidence']['state']>]: string } = {
  disputed: 'its vendor denies that this is a flaw',
  rejected: 'the CVE list withdrew the id, but the advisories below still stand',
};

function ssvcWords({ exploitation, automatable, technicalImpact }: NonNullable<FindingRow['ssvc']>): string {
  const exploited = { none: 'no exploitation', poc: 'proof of concept', active: 'actively exploited' }[exploitation];
  return `${exploited}, ${automatable ? 'automatable' : 'not automatable'}, ${technicalImpact} impact`;
}
