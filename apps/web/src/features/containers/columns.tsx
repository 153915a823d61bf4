import type { ImageRow } from '@hullcheck/contract';
import { Link } from '@tanstack/react-router';
import type { MouseEvent } from 'react';
import { AgentMark } from '../../app/agent-mark.tsx';
import { AssessmentText, RemedyButtons } from '../../app/assessment.tsx';
import { shortBaseName } from '../../app/base-name.tsx';
import { imageName } from '../../app/image-name.ts';
import { isAtLeast } from '../../app/image-queries.ts';
import { OperatingSystem } from '../../app/operating-system.tsx';
import { visible } from '../../design/foreign-text.ts';
import { formatBytes, formatNumber } from '../../design/format.ts';
import { Hint } from '../../design/hint.tsx';
import { Count, Risk, SeverityMark } from '../../design/risk.tsx';
import type { Column } from '../../design/table.tsx';
import { Foreign, Middle } from '../../design/text.tsx';
import { Ago } from '../../design/time.tsx';

const TAGS_MAX = 4;
const TAGS_CHARACTERS = 14;

/** Columns of the image list. `remedies`: the most buttons that a row has. On a narrow screen the name opens the page: there is no room for a panel beside the list. */
export function imageColumns(narrow: boolean, remedies: number): readonly Column<ImageRow>[] {
  // The name is what people look for: figures make way for it before the buttons of a row do.
  const figuresBelow = remedies > 1 ? 1240 : 1120;
  return [
    {
      id: 'risk',
      header: 'Risk',
      width: 72,
      cell: (row) => (
        <Risk
          risk={row.risk}
          explanation={row.explanation ?? row.assessment.reason}
          atLeast={isAtLeast(row.assessment)}
        />
      ),
    },
    { id: 'image', header: 'Image', className: 'card-head', cell: (row) => <Name row={row} narrow={narrow} /> },
    {
      id: 'tags',
      header: 'Tags',
      width: 124,
      hideBelow: 980,
      className: 'card-whole',
      cell: (row) => <Tags tags={row.tags} />,
    },
    {
      id: 'critical',
      header: <Head word="critical" text="Crit" />,
      label: 'Critical',
      width: 56,
      number: true,
      cell: (row) => <Counted row={row} of="critical" />,
    },
    {
      id: 'severe',
      header: <Head word="severe" text="Sev" />,
      label: 'Severe',
      width: 56,
      number: true,
      cell: (row) => <Counted row={row} of="severe" />,
    },
    {
      id: 'moderate',
      header: <Head word="moderate" text="Mod" />,
      label: 'Moderate',
      width: 56,
      number: true,
      cell: (row) => <Counted row={row} of="moderate" />,
    },
    {
      id: 'os',
      header: 'OS',
      width: remedies > 0 ? 132 : 160,
      hideBelow: 840,
      cell: (row) => <OperatingSystem os={row.os} />,
    },
    {
      id: 'base',
      header: 'Base',
      label: 'Base',
      width: 132,
      hideBelow: figuresBelow + 140,
      className: 'card-none',
      cell: (row) =>
        row.base === null ? (
          <span className="faint">–</span>
        ) : (
          <span className="cut block muted" title={visible(row.base.name)}>
            <Foreign text={shortBaseName(row.base.name)} />
          </span>
        ),
    },
    {
      id: 'hosts',
      header: 'Hosts',
      label: 'Hosts',
      width: 52,
      number: true,
      hideBelow: 840,
      cell: (row) => <Hosts row={row} />,
    },
    {
      id: 'packages',
      header: 'Pkgs',
      width: 56,
      number: true,
      hideBelow: figuresBelow,
      className: 'card-none',
      cell: (row) => <Count value={row.packages} />,
    },
    {
      id: 'size',
      header: 'Size',
      width: 72,
      number: true,
      hideBelow: figuresBelow,
      className: 'card-none',
      cell: (row) => (row.size === null ? <span className="faint">–</span> : formatBytes(row.size)),
    },
    {
      id: 'created',
      header: 'Created',
      width: 68,
      hideBelow: figuresBelow,
      className: 'card-none',
      cell: (row) => (row.created === null ? <span className="faint">–</span> : <Ago at={row.created} short />),
    },
    {
      id: 'assessed',
      header: 'Assessed',
      width: remedies > 1 ? 272 : remedies === 1 ? 200 : 144,
      className: 'card-whole',
      cell: (row) => (
        <span className="row">
          <AssessmentText status={row.assessment} />
          <AgentMark readBy={row.assessment.readBy} />
          <RemedyButtons image={row} name={imageName(row)} />
        </span>
      ),
    },
  ];
}

function Head({ word, text }: { readonly word: 'critical' | 'severe' | 'moderate'; readonly text: string }) {
  return (
    <span className="row head-count" title={word.charAt(0).toUpperCase() + word.slice(1)}>
      <SeverityMark word={word} label={false} size={10} />
      <span aria-hidden="true">{text}</span>
    </span>
  );
}

function Name({ row, narrow }: { readonly row: ImageRow; readonly narrow: boolean }) {
  const registry =
    row.repository === null || row.registry === null || row.registry === 'docker.io' ? null : row.registry;
  const text = (
    <span className="name-main" title={visible(imageName(row))}>
      <Middle text={imageName({ ...row, registry: null })} />
    </span>
  );
  return (
    <span className="row">
      {narrow ? (
        <Link to="/images/$id" params={{ id: row.id }} className="row-link name-main">
          {text}
        </Link>
      ) : (
        <Link
          from="/containers"
          to="/containers"
          search={(old) => ({ ...old, image: row.id })}
          resetScroll={false}
          replace
          className="row-link name-main"
        >
          {text}
        </Link>
      )}
      {registry !== null && (
        <span className="name-registry small cut">
          <Foreign text={registry} />
        </span>
      )}
      {row.sources.some(({ kind }) => kind === 'sample') && <span className="badge">sample</span>}
      {row.platform !== null && row.platform !== 'linux/amd64' && (
        <span className="badge">{visible(row.platform.replace(/^linux\//, ''))}</span>
      )}
    </span>
  );
}

function Tags({ tags }: { readonly tags: readonly string[] }) {
  if (tags.length === 0) return <span className="faint">untagged</span>;
  const shown = tags.slice(0, tagsThatFit(tags));
  return (
    <span className="row tags" title={tags.map(visible).join(', ')}>
      {shown.map((tag) => (
        <span key={tag} className="tag cut">
          <Foreign text={tag} />
        </span>
      ))}
      {tags.length > shown.length && <span className="small faint">+{tags.length - shown.length}</span>}
    </span>
  );
}

/** At most four, and no more than the column has room for: whole tags tell more than cut ones. */
function tagsThatFit(tags: readonly string[]): number {
  let room = TAGS_CHARACTERS;
  let count = 0;
  for (const tag of tags.slice(0, TAGS_MAX)) {
    room -= tag.length + 2;
    if (room < 0 && count > 0) break;
    count += 1;
  }
  return count;
}

function Counted({ row, of }: { readonly row: ImageRow; readonly of: 'critical' | 'severe' | 'moderate' }) {
  const { counts } = row;
  const figure = <Count value={counts?.[of] ?? null} atLeast={isAtLeast(row.assessment)} />;
  if (counts === null) return figure;
  const { severity } = counts;
  return (
    <Hint
      text={
        <>
          {formatNumber(counts.total)} in all: {severity.critical} critical, {severity.high} high, {severity.medium}{' '}
          medium, {severity.low} low, {severity.negligible} negligible, {severity.unknown} unrated.{' '}
          {formatNumber(counts.fixable)} can be fixed, {formatNumber(counts.exploitable)} have an exploit.
        </>
      }
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: the row's link is what keyboards reach */}
      <span className="above tooltip-anchor" onClick={openRow}>
        {figure}
      </span>
    </Hint>
  );
}

/** The figure lies above the row's link, for its hint; a click on it is one on the row. */
function openRow({ currentTarget }: MouseEvent<HTMLElement>): void {
  currentTarget.closest('tr')?.querySelector<HTMLElement>('.row-link')?.click();
}

function Hosts({ row }: { readonly row: ImageRow }) {
  if (row.hosts === 0) return <span className="faint">–</span>;
  return <span title={`${row.containers} running containers`}>{formatNumber(row.hosts)}</span>;
}
