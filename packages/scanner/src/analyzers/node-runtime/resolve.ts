import { formatPurl, type ImageView, type Resolution } from '@hullcheck/core';
import { presentSince } from '../presence.ts';
import type { NodeRuntimeEvidence } from './index.ts';

/** Node.js as generic package `node`: no package manager's name would be true. */
export function resolveNodeRuntime(view: ImageView<NodeRuntimeEvidence>): Resolution {
  const packages = view.files.map((file) => {
    const { version } = file.evidence;
    const layer = presentSince(file, (evidence) => [evidence.version]).get(version) ?? file.layer;
    return {
      purl: formatPurl({ type: 'generic', name: 'node', version }),
      type: 'generic',
      name: 'node',
      version,
      architecture: null,
      source: null,
      distribution: null,
      licenses: [],
      layer: view.layers[layer] ?? null,
      paths: [file.path],
      direct: null,
      ownedBy: view.ownerOf(file.path) ?? null,
      analyzer: 'node-runtime',
    };
  });
  return { packages, problems: [] };
}
