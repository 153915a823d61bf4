import type { ImageDetail } from '@hullcheck/contract';
import { getRouteApi, Link } from '@tanstack/react-router';
import { isAtLeast, useImage } from '../../app/image-queries.ts';
import { type ImageSearch, without } from '../../app/search.ts';
import { formatCount } from '../../design/format.ts';
import { Icon } from '../../design/icons.tsx';
import { useMedia } from '../../design/media.ts';
import { Bone, Failure, Loading, Stale } from '../../design/states.tsx';
import { Tabs } from '../../design/tabs.tsx';
import { FindingsTab } from './findings-tab.tsx';
import { ImageHead } from './head.tsx';
import { HistoryTab } from './history-tab.tsx';
import { HostsTab } from './hosts-tab.tsx';
import { LayersTab } from './layers-tab.tsx';
import { PackagesTab } from './packages-tab.tsx';
import { useLayers } from './queries.ts';

const route = getRouteApi('/images/$id');

/** Tabs that the choice of a layer leaves as they are. */
const UNFILTERED: ReadonlySet<ImageSearch['tab']> = new Set(['layers', 'hosts', 'history']);

/** How bad is it, what ends it, and which layer brought it in? */
export function ImagePage() {
  const { id } = route.useParams();
  const search = route.useSearch();
  const image = useImage(id);
  const narrow = useMedia('(width < 760px)');
  if (image.data === undefined && image.error !== null)
    return (
      <div className="page">
        <Failure page title="This image can't be shown" error={image.error} onRetry={() => void image.refetch()} />
      </div>
    );
  if (image.data === undefined) return <ImageBones />;
  const side = search.finding !== undefined && (search.tab ?? 'vulnerabilities') === 'vulnerabilities' && !narrow;
  return (
    <div className={`page${side ? ' with-side' : ''}`}>
      {image.error !== null && (
        <Stale updatedAtMs={image.dataUpdatedAt} error={image.error} onRetry={() => void image.refetch()} />
      )}
      <ImageHead image={image.data} />
      <ImageTabs image={image.data} />
      {search.layer !== undefined && !UNFILTERED.has(search.tab) && <LayerFilter id={id} diffId={search.layer} />}
      <Tab image={image.data} tab={search.tab ?? 'vulnerabilities'} />
    </div>
  );
}

function Tab({ image, tab }: { readonly image: ImageDetail; readonly tab: NonNullable<ImageSearch['tab']> }) {
  switch (tab) {
    case 'vulnerabilities':
      return <FindingsTab image={image} />;
    case 'packages':
      return <PackagesTab image={image} />;
    case 'layers':
      return <LayersTab image={image} />;
    case 'hosts':
      return <HostsTab image={image} />;
    case 'history':
      return <HistoryTab image={image} />;
  }
}

function ImageTabs({ image }: { readonly image: ImageDetail }) {
  const { id } = route.useParams();
  const search = route.useSearch();
  const layers = useLayers(id);
  const atLeast = isAtLeast(image.assessment);
  const tabs = [
    { tab: 'vulnerabilities', text: 'Vulnerabilities', count: formatCount(image.counts?.total ?? null, atLeast) },
    { tab: 'packages', text: 'Packages', count: formatCount(image.packages, atLeast) },
    {
      tab: 'layers',
      text: 'Layers',
      count: formatCount(layers.data?.items.filter(({ empty }) => !empty).length ?? null),
    },
    { tab: 'hosts', text: 'Hosts', count: formatCount(image.hosts) },
    { tab: 'history', text: 'History', count: '' },
  ] as const;
  return (
    <Tabs label="Parts of the image">
      {tabs.map(({ tab, text, count }) => (
        <Link
          key={tab}
          to="/images/$id"
          params={{ id }}
          search={{
            tab,
            ...(search.layer === undefined ? {} : { layer: search.layer }),
            ...(search.origin === undefined ? {} : { origin: search.origin }),
          }}
          resetScroll={false}
          aria-current={(search.tab ?? 'vulnerabilities') === tab ? 'page' : undefined}
        >
          {text} {count !== '' && <span className="count">{count}</span>}
        </Link>
      ))}
    </Tabs>
  );
}

function LayerFilter({ id, diffId }: { readonly id: string; readonly diffId: string }) {
  const navigate = route.useNavigate();
  const layers = useLayers(id);
  const at = layers.data?.items.filter(({ empty }) => !empty).findIndex((layer) => layer.diffId === diffId) ?? -1;
  return (
    <div>
      <button
        type="button"
        className="chip chip-set"
        aria-label="Show all layers"
        onClick={() => void navigate({ search: (old) => without(old, 'layer'), replace: true, resetScroll: false })}
      >
        Only layer {at < 0 ? diffId.slice(0, 19) : at + 1}
        <Icon name="close" size={12} />
      </button>
    </div>
  );
}

function ImageBones() {
  return (
    <div className="page">
      <Loading label="Loading the image" />
      <Bone width={120} />
      <h1>
        <Bone width={320} />
      </h1>
      <div className="image-head">
        <div className="risk-block band-none">
          <b>
            <Bone width={48} />
          </b>
        </div>
        <div className="stack-16">
          <Bone width="60%" />
          <Bone width="40%" />
        </div>
      </div>
      <div className="card fact-strip">
        <Bone width="90%" />
        <Bone width="70%" />
      </div>
    </div>
  );
}
