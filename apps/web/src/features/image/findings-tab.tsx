import type { FindingRow, ImageAdvice, ImageDetail } from '@hullcheck/contract';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useDeferredValue, useMemo, useState } from 'react';
import { AgentMark } from '../../app/agent-mark.tsx';
import { isAtLeast, useImageFindings } from '../../app/image-queries.ts';
import { without } from '../../app/search.ts';
import { SearchField } from '../../design/field.tsx';
import { counted, formatProbability } from '../../design/format.ts';
import { useKeys } from '../../design/keys.ts';
import { Risk, SeverityMark } from '../../design/risk.tsx';
import { Blank, Failure, Notice, Stale } from '../../design/states.tsx';
import { type Column, Table } from '../../design/table.tsx';
import { Foreign, Middle } from '../../design/text.tsx';
import { Ago } from '../../design/time.tsx';
import { FindingPanel } from './finding-panel.tsx';
import { entryOf, groupedEntries } from './grouped-entries.tsx';
import { findingKey, groupFindings, matchesText } from './grouping.ts';
import { isOfOrigin, Origin, OriginChips } from './origin-chips.tsx';
import { useAdvice } from './queries.ts';
import { statusWords } from './status-words.ts';

const route = getRouteApi('/images/$id');

/** What is wrong with it, by what to do about it. */
export function FindingsTab({ image }: { readonly image: ImageDetail }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const findings = useImageFindings(image.id);
  const text = useDeferredValue(search.q ?? '');
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const shown = useMemo(
    () =>
      (findings.data?.items ?? []).filter(
        (finding) =>
          (search.layer === undefined || finding.layer === search.layer) &&
          isOfOrigin(finding, search.origin) &&
          (text === '' || matchesText(finding, text)),
      ),
    [findings.data, search.layer, search.origin, text],
  );
  const advice = useAdvice(image.id);
  // Without advice there is nothing to group by: one list, and a word on why.
  const flat = search.view === 'flat' || (advice.data === undefined && advice.error !== null);
  const groups = useMemo(() => groupFindings(shown, advice.data ?? NO_ADVICE), [shown, advice.data]);
  const entries = flat
    ? shown.map(entryOf)
    : groupedEntries(
        groups,
        {
          folded,
          opened:
            opened.size === 0 && text !== ''
              ? new Set([...groups.system, ...groups.upgrades].map(({ key }) => key))
              : opened,
        },
        {
          fold: (key) => setFolded((old) => toggle(old, key)),
          open: (key) => setOpened((old) => toggle(old, key)),
        },
      );
  const rows = entries.flatMap((entry) => (entry.kind === 'row' ? [entry.row] : []));
  const current = findings.data?.items.find((finding) => findingKey(finding) === search.finding);
  const show = (key: string | undefined): void => {
    void navigate({
      search: (old) => ({ ...without(old, 'finding'), ...(key === undefined ? {} : { finding: key }) }),
      replace: true,
      resetScroll: false,
    });
  };
  const step = (by: number): void => {
    const at = rows.findIndex((row) => findingKey(row) === search.finding);
    const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))];
    if (next !== undefined) show(findingKey(next));
  };
  useKeys({ j: () => step(1), k: () => step(-1), escape: () => current !== undefined && show(undefined) });

  if (findings.data === undefined && findings.error !== null)
    return (
      <Failure title="The findings can't be shown" error={findings.error} onRetry={() => void findings.refetch()} />
    );
  if (findings.data?.items.length === 0) return <NoFindings image={image} />;
  return (
    <>
      <div className="toolbar">
        <SearchField
          label="Search in the findings"
          placeholder="Id, package, words"
          value={search.q ?? ''}
          maxLength={300}
          onSearch={(q) =>
            void navigate({
              search: (old) => ({ ...without(old, 'q'), ...(q === '' ? {} : { q }) }),
              replace: true,
              resetScroll: false,
            })
          }
        />
        <fieldset className="chips" aria-label="Arrangement">
          <button
            type="button"
            className="chip"
            aria-pressed={!flat}
            onClick={() => void navigate({ search: (old) => without(old, 'view'), replace: true, resetScroll: false })}
          >
            By what to do
          </button>
          <button
            type="button"
            className="chip"
            aria-pressed={flat}
            onClick={() =>
              void navigate({ search: (old) => ({ ...old, view: 'flat' }), replace: true, resetScroll: false })
            }
          >
            One list
          </button>
        </fieldset>
        {(image.lineage.bases.length > 0 || search.origin !== undefined) && <OriginChips />}
        <span className="muted" role="status">
          {findings.data !== undefined &&
            (shown.length === findings.data.items.length
              ? `${counted(shown.length, 'finding')}${ofVulnerabilities(shown)}`
              : `${shown.length} of ${findings.data.items.length} findings`)}
        </span>
        <AgentMark readBy={image.assessment.readBy} />
      </div>
      {findings.data !== undefined && findings.error !== null && (
        <Stale updatedAtMs={findings.dataUpdatedAt} error={findings.error} onRetry={() => void findings.refetch()} />
      )}
      {advice.data === undefined && advice.error !== null && (
        <Stale updatedAtMs={findings.dataUpdatedAt} error={advice.error} onRetry={() => void advice.refetch()} />
      )}
      {findings.data?.cut === true && (
        <Notice band="2">
          <span>
            Only the {findings.data.items.length} findings of the highest risk are shown. The JSON has all of them.
          </span>
        </Notice>
      )}
      {findings.data !== undefined && shown.length === 0 ? (
        <Blank icon="search" title="No finding matches">
          Take the search, the layer or the origin away to see all {findings.data.items.length}.
        </Blank>
      ) : (
        <Table
          label="Vulnerabilities"
          columns={columns}
          entries={entries}
          loading={findings.data === undefined || (!flat && advice.data === undefined)}
          currentKey={search.finding}
          cardHeight={104}
        />
      )}
      {current !== undefined && (
        <FindingPanel finding={current} readBy={image.assessment.readBy} onClose={() => show(undefined)} />
      )}
    </>
  );
}

const NO_ADVICE: ImageAdvice = {
  updates: [],
  remedies: { packageManager: 0, update: 0, newBase: 0, noFix: 0, unclear: 0 },
  releaseEnded: null,
};

/** The end tells a fixed version from the installed one, as `+deb11u2`: it stays where the column is too narrow. */
const VERSION_TAIL = 10;

const columns: readonly Column<FindingRow>[] = [
  { id: 'risk', header: 'Risk', width: 68, cell: (row) => <Risk risk={row.risk} explanation={row.explanation} /> },
  { id: 'id', header: 'Id', width: 168, className: 'card-head', cell: (row) => <IdLink finding={row} /> },
  {
    id: 'title',
    header: 'What it is',
    className: 'card-whole',
    cell: (row) => (
      <span className="row">
        <span className="cut muted" title={row.title}>
          <Foreign text={row.title} />
        </span>
      </span>
    ),
  },
  {
    id: 'severity',
    header: 'Severity',
    width: 104,
    hideBelow: 980,
    cell: (row) => <SeverityMark word={row.severity} />,
  },
  { id: 'package', header: 'Package', width: 152, cell: (row) => <Middle text={row.package.name} /> },
  {
    id: 'version',
    header: 'Installed',
    width: 168,
    hideBelow: 980,
    cell: (row) => <Middle text={row.package.version} tailMax={VERSION_TAIL} />,
  },
  {
    id: 'fix',
    header: 'Fixed in',
    label: 'Fixed in',
    width: 168,
    cell: (row) =>
      row.fixedIn.length === 0 ? (
        <span className="faint">{statusWords[row.status]}</span>
      ) : (
        <Middle text={row.fixedIn.at(-1) ?? ''} tailMax={VERSION_TAIL} />
      ),
  },
  { id: 'threat', header: 'Exploited', width: 108, hideBelow: 840, cell: (row) => <Threat finding={row} /> },
  {
    id: 'origin',
    header: 'From',
    label: 'From',
    width: 128,
    hideBelow: 1240,
    cell: (row) => <Origin base={row.inherited} layer={row.layer} />,
  },
  {
    id: 'age',
    header: 'Age',
    width: 56,
    number: true,
    hideBelow: 1120,
    className: 'card-none',
    cell: (row) => (row.published === null ? <span className="faint">–</span> : <Ago at={row.published} short />),
  },
];

function IdLink({ finding }: { readonly finding: FindingRow }) {
  const { id } = route.useParams();
  return (
    <Link
      from="/images/$id"
      to="/images/$id"
      params={{ id }}
      search={(old) => ({ ...old, finding: findingKey(finding) })}
      replace
      resetScroll={false}
      className="row-link nowrap"
    >
      <Foreign text={finding.id} />
    </Link>
  );
}

function Threat({ finding }: { readonly finding: FindingRow }) {
  if (finding.kev) return <span className="badge badge-4">in attacks</span>;
  if (finding.exploit !== 'none')
    return <span className="badge badge-3">{finding.exploit === 'poc' ? 'proof' : finding.exploit}</span>;
  return (
    <span className="faint nowrap">{finding.epss === null ? '–' : `EPSS ${formatProbability(finding.epss)}`}</span>
  );
}

function toggle(set: ReadonlySet<string>, key: string): ReadonlySet<string> {
  return set.has(key) ? new Set([...set].filter((other) => other !== key)) : new Set([...set, key]);
}

function NoFindings({ image }: { readonly image: ImageDetail }) {
  if (image.counts === null)
    return (
      <Blank icon="unknown" title="Not known yet">
        Findings appear here when the image is assessed. Nothing here does not mean that nothing is wrong.
      </Blank>
    );
  return isAtLeast(image.assessment) ? (
    <Blank icon="partial" title="None found in what could be judged">
      The assessment is partial: see above what was not read or has no advisories.
    </Blank>
  ) : (
    <Blank icon="check" title="No known vulnerability">
      All packages were read and judged by whole, current advisories. New ones are matched by themselves as they are
      published.
    </Blank>
  );
}

/** The counts above are of vulnerabilities; one that several packages have is several findings. */
function ofVulnerabilities(findings: readonly FindingRow[]): string {
  const ids = new Set(findings.map(({ id }) => id));
  return ids.size === findings.length ? '' : ` of ${counted(ids.size, 'vulnerability', 'vulnerabilities')}`;
}
