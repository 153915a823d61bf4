import { getRouteApi, Link } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useAnnounce } from '../../app/announce.tsx';
import { FurtherRows, fetchFurther } from '../../app/further-rows.tsx';
import { remediesOf } from '../../app/image-queries.ts';
import { useOverview } from '../../app/live.ts';
import { Notices } from '../../app/notices.tsx';
import { useSaidMatches } from '../../app/said-matches.ts';
import { without } from '../../app/search.ts';
import { useMay } from '../../app/session.tsx';
import { usePickArchives } from '../../app/uploads.tsx';
import { Button, buttonClass } from '../../design/button.tsx';
import { counted, formatNumber } from '../../design/format.ts';
import { Icon } from '../../design/icons.tsx';
import { useKeys } from '../../design/keys.ts';
import { useMedia } from '../../design/media.ts';
import { Blank, Failure, Stale } from '../../design/states.tsx';
import { Table } from '../../design/table.tsx';
import { imageColumns } from './columns.tsx';
import { Filters } from './filters.tsx';
import { ImagePanel } from './panel.tsx';
import { useHeldRows, useImages } from './queries.ts';
import { FirstSteps } from './steps.tsx';

const route = getRouteApi('/containers');

/** What do I fix first? Every image that is known, most dangerous first. */
export function ContainersPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const announce = useAnnounce();
  const narrow = useMedia('(width < 760px)');
  const { image: opened, ...filters } = search;
  const images = useImages(filters);
  const held = useHeldRows(JSON.stringify(filters), images.data?.pages);
  const total = images.data?.pages.at(-1)?.total;
  const filtered = Object.keys(filters).some((name) => name !== 'sort');
  useSaidMatches(filtered, total, 'No image matches');
  const open = (id: string | undefined): void => {
    void navigate({
      search: (old) => ({ ...without(old, 'image'), ...(id === undefined ? {} : { image: id }) }),
      replace: true,
      resetScroll: false,
    });
  };
  const step = (by: number): void => {
    const at = held.rows.findIndex((row) => row.id === opened);
    const next = held.rows[at < 0 ? 0 : Math.min(held.rows.length - 1, Math.max(0, at + by))];
    if (next !== undefined) open(next.id);
  };
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    escape: () => opened !== undefined && open(undefined),
    enter: (event) => {
      // On a row's link Enter opens that row; with the panel of the same row open it goes in.
      const focused = event.target instanceof Element ? event.target.closest('tr')?.dataset.key : undefined;
      if (focused !== undefined && focused !== opened) open(focused);
      else if (opened !== undefined) void navigate({ to: '/images/$id', params: { id: opened } });
    },
  });
  useEffect(() => {
    if (held.changed > 0) announce(`${counted(held.changed, 'row')} changed`);
  }, [held.changed, announce]);

  return (
    <div className={`page${opened === undefined || narrow ? '' : ' with-side'}`}>
      <Head />
      <Filters />
      {images.data !== undefined && images.error !== null && !images.isFetchNextPageError && (
        <Stale updatedAtMs={images.dataUpdatedAt} error={images.error} onRetry={() => void images.refetch()} />
      )}
      {held.changed > 0 && (
        <div>
          <button type="button" className="chip chip-set changed" onClick={held.show}>
            <Icon name="refresh" size={12} />
            {counted(held.changed, 'row')} changed · show
          </button>
        </div>
      )}
      {images.data === undefined && images.error !== null ? (
        <Failure title="The images can't be shown" error={images.error} onRetry={() => void images.refetch()} />
      ) : images.data !== undefined && held.rows.length === 0 ? (
        filtered ? (
          <Blank
            icon="search"
            title="No image matches"
            actions={
              <Link to="/containers" className={buttonClass()}>
                Show all images
              </Link>
            }
          >
            Names, tags, digests, packages and vulnerability ids are searched. Take a filter away to see more.
          </Blank>
        ) : (
          <NoImages />
        )
      ) : (
        <Table
          label="Images"
          columns={imageColumns(narrow, Math.max(0, ...held.rows.map((row) => remediesOf(row.assessment).length)))}
          entries={held.rows.map((row) => ({ kind: 'row', key: row.id, row }))}
          total={total}
          loading={images.data === undefined}
          currentKey={opened}
          cardHeight={112}
          onEnd={() => fetchFurther(images)}
        />
      )}
      <FurtherRows list={images} />
      {opened !== undefined && !narrow && <ImagePanel id={opened} onClose={() => open(undefined)} />}
    </div>
  );
}

function Head() {
  const overview = useOverview();
  const pick = usePickArchives();
  const mayOperate = useMay('operator');
  const mayAdminister = useMay('admin');
  const { data } = overview;
  return (
    <>
      <div className="page-head">
        <h1>Containers</h1>
        {data !== undefined && (
          <p className="page-facts">
            <span>
              Images <b>{formatNumber(data.images.total)}</b>
            </span>
            <span>
              Assessed <b>{formatNumber(data.images.assessed)}</b>
            </span>
            <span>
              Repositories <b>{formatNumber(data.repositories)}</b>
            </span>
            <span>
              Running <b>{formatNumber(data.containers.running)}</b>
            </span>
          </p>
        )}
        <div className="actions">
          {mayAdminister && (
            <Link to="/connections" search={{ edit: 'new' }} className={buttonClass()}>
              <Icon name="plus" />
              Add connection
            </Link>
          )}
          {mayOperate && (
            <Button look="primary" icon="upload" onClick={() => pick()}>
              Upload archive
            </Button>
          )}
        </div>
      </div>
      {data !== undefined && <Notices notices={data.notices} />}
      {data !== undefined && <FirstSteps steps={data.steps} />}
    </>
  );
}

function NoImages() {
  return (
    <Blank icon="containers" title="No images yet">
      Images of every host with an agent, of every connected registry and of every archive that you upload appear here,
      most dangerous first. Drop a <code>docker save</code> archive anywhere on this page to begin.
    </Blank>
  );
}
