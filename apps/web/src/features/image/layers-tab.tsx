import type { ImageDetail, LayerRow } from '@hullcheck/contract';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { AgentMark } from '../../app/agent-mark.tsx';
import { without } from '../../app/search.ts';
import { visible } from '../../design/foreign-text.ts';
import { counted, formatBytes } from '../../design/format.ts';
import { Risk } from '../../design/risk.tsx';
import { Blank, BoneBlock, Failure } from '../../design/states.tsx';
import { DigestText, Foreign } from '../../design/text.tsx';
import { layerCommand } from './layer-command.ts';
import { Origin } from './origin-chips.tsx';
import { useLayers } from './queries.ts';

const route = getRouteApi('/images/$id');

/** Which step brought it in: the layers in the order in which they were built. */
export function LayersTab({ image }: { readonly image: ImageDetail }) {
  const layers = useLayers(image.id);
  if (layers.data === undefined) {
    if (layers.error === null) return <BoneBlock lines={8} />;
    return <Failure title="The layers can't be shown" error={layers.error} onRetry={() => void layers.refetch()} />;
  }
  if (layers.data.items.length === 0)
    return (
      <Blank icon="containers" title="No layers are known">
        They appear when the image's manifest and configuration are read.
      </Blank>
    );
  let number = 0;
  return (
    <>
      <p className="muted">
        Oldest first, as they lie upon each other. Select one to narrow the vulnerabilities and packages to it.
      </p>
      <ol className="card layers">
        {layers.data.items.map((layer, index) => {
          if (!layer.empty) number += 1;
          // biome-ignore lint/suspicious/noArrayIndexKey: layers have no other identity; empty ones repeat, and their order never changes
          return <Layer key={index} layer={layer} number={number} based={image.lineage.bases.length > 0} />;
        })}
      </ol>
    </>
  );
}

function Layer({
  layer,
  number,
  based,
}: {
  readonly layer: LayerRow;
  readonly number: number;
  /** Some layer of the image comes from a base, so that it is to be said of each. */
  readonly based: boolean;
}) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [open, setOpen] = useState(false);
  const command = layer.createdBy === null ? null : layerCommand(layer.createdBy);
  const selected = layer.diffId !== null && layer.diffId === search.layer;
  const long = command !== null && (command.length > 56 || command.includes('\n'));
  return (
    <li className={`layer${layer.empty ? ' layer-empty' : ''}`} aria-current={selected ? 'true' : undefined}>
      {layer.empty ? <span className="faint small">setting</span> : <Risk risk={layer.risk} />}
      <div className="stack grow">
        {command === null ? (
          <span className="faint">no command recorded</span>
        ) : (
          <code className={`layer-command${open ? ' open' : ''}`} title={visible(command)}>
            <Foreign text={open ? command : command.replace(/\s+/g, ' ')} />
          </code>
        )}
        {(long || open) && (
          <button
            type="button"
            className="button-link small fold-command"
            aria-expanded={open}
            onClick={() => setOpen(!open)}
          >
            {open ? 'Less' : 'Whole command'}
          </button>
        )}
        <AgentMark readBy={layer.readBy} />
        {open && layer.diffId !== null && (
          <span className="small muted">
            Layer {number} <DigestText digest={layer.diffId} />
          </span>
        )}
      </div>
      {!layer.empty && (
        <>
          {(layer.inherited !== null || based) && (
            <span className="layer-fact layer-origin">
              <Origin base={layer.inherited} layer={layer.diffId} />
            </span>
          )}
          <span className="layer-fact number muted">{counted(layer.packages, 'package')}</span>
          <span className="layer-fact number">
            {layer.readBy === null ? <span className="faint">not read</span> : counted(layer.findings, 'finding')}
          </span>
          <span className="layer-fact number muted">
            {layer.size === null ? '–' : formatBytes(layer.size)}
            {layer.sharedBy > 0 && <span className="faint"> · shared by {layer.sharedBy}</span>}
          </span>
          {layer.diffId !== null && (
            <button
              type="button"
              className="chip layer-fact"
              aria-pressed={selected}
              aria-label={`${selected ? 'Selected' : 'Select'} layer ${number}`}
              onClick={() =>
                void navigate({
                  search: (old) => ({
                    ...without(old, 'layer'),
                    ...(selected || layer.diffId === null ? {} : { layer: layer.diffId }),
                  }),
                  replace: true,
                  resetScroll: false,
                })
              }
            >
              {selected ? 'Selected' : 'Select'}
            </button>
          )}
        </>
      )}
    </li>
  );
}
