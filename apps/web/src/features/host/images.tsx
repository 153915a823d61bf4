import type { ImageRow } from '@hullcheck/contract';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useCallback } from 'react';
import { AgentMark } from '../../app/agent-mark.tsx';
import { AssessmentText } from '../../app/assessment.tsx';
import { FurtherRows } from '../../app/further-rows.tsx';
import { imageName } from '../../app/image-name.ts';
import { isAtLeast } from '../../app/image-queries.ts';
import { OperatingSystem } from '../../app/operating-system.tsx';
import { Outdated } from '../../app/outdated.tsx';
import { useSaidMatches } from '../../app/said-matches.ts';
import { buttonClass } from '../../design/button.tsx';
import { Count, Risk } from '../../design/risk.tsx';
import { Blank, Failure, Stale } from '../../design/states.tsx';
import { type Column, Table } from '../../design/table.tsx';
import { Middle } from '../../design/text.tsx';
import { TypedSearch } from '../../design/typed-search.tsx';
import { useHostImages } from './queries.ts';

const route = getRouteApi('/hosts/$id');

/** Which of its images are dangerous, running or not? */
export function Images({ id }: { readonly id: string }) {
  const { q } = route.useSearch();
  const navigate = route.useNavigate();
  const images = useHostImages(id, q);
  useSaidMatches(q !== undefined, images.total, 'No image matches');
  const find = useCallback(
    (text: string | undefined) =>
      void navigate({
        search: text === undefined ? { tab: 'images' } : { tab: 'images', q: text },
        replace: true,
        resetScroll: false,
      }),
    [navigate],
  );
  return (
    <>
      {(q !== undefined || images.rows.length > 0 || images.data === undefined) && (
        <div className="toolbar">
          <TypedSearch
            label="Search image, package, CVE or digest"
            placeholder="Image, package, CVE, digest"
            text={q}
            onSearch={find}
          />
        </div>
      )}
      {images.data !== undefined && images.error !== null && !images.isFetchNextPageError && (
        <Stale updatedAtMs={images.dataUpdatedAt} error={images.error} onRetry={() => void images.refetch()} />
      )}
      <Outdated list={images} />
      {images.data === undefined && images.error !== null ? (
        <Failure title="The images can't be shown" error={images.error} onRetry={() => void images.refetch()} />
      ) : images.data !== undefined && images.rows.length === 0 ? (
        q === undefined ? (
          <Blank icon="containers" title="No images">
            Images of this host appear as soon as a runtime on it can be read.
          </Blank>
        ) : (
          <Blank
            icon="search"
            title="No image matches"
            actions={
              <Link to="/hosts/$id" params={{ id }} search={{ tab: 'images' }} className={buttonClass()}>
                Show all images
              </Link>
            }
          >
            Names, tags, digests, packages and vulnerability ids are searched.
          </Blank>
        )
      ) : (
        <Table
          label="Images of the host"
          columns={columns}
          entries={images.rows.map((row) => ({ kind: 'row', key: row.id, row }))}
          total={images.total}
          loading={images.data === undefined}
          onEnd={images.more}
        />
      )}
      <FurtherRows list={images} />
    </>
  );
}

const columns: readonly Column<ImageRow>[] = [
  {
    id: 'risk',
    header: 'Risk',
    width: 68,
    cell: (row) => <Risk risk={row.risk} explanation={row.explanation ?? row.assessment.reason} />,
  },
  {
    id: 'image',
    header: 'Image',
    className: 'card-head',
    cell: (row) => (
      <Link to="/images/$id" params={{ id: row.id }} className="row-link middle">
        <Middle text={`${imageName(row)}${row.tags[0] === undefined ? '' : `:${row.tags[0]}`}`} />
      </Link>
    ),
  },
  {
    id: 'critical',
    header: 'Critical',
    label: 'Critical',
    width: 80,
    number: true,
    cell: (row) => <Count value={row.counts?.critical ?? null} atLeast={isAtLeast(row.assessment)} />,
  },
  {
    id: 'severe',
    header: 'Severe',
    label: 'Severe',
    width: 80,
    number: true,
    cell: (row) => <Count value={row.counts?.severe ?? null} atLeast={isAtLeast(row.assessment)} />,
  },
  { id: 'os', header: 'OS', width: 160, hideBelow: 840, cell: (row) => <OperatingSystem os={row.os} /> },
  {
    id: 'assessed',
    header: 'Assessed',
    width: 180,
    cell: (row) => (
      <span className="row">
        <AssessmentText status={row.assessment} />
        <AgentMark readBy={row.assessment.readBy} />
      </span>
    ),
  },
];
