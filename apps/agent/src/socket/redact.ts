import type { KeepsLabel } from './labels.ts';

/**
 * The fields that the inventory is made of, at whatever depth they stand. Anything else stays here: engines put secrets into
 * command lines, proxies, options of volume drivers, output of health checks, `OnBuild`, and the next version somewhere else.
 */
const KEPT: ReadonlySet<string> = new Set(
  [
    ['Id', 'ID', 'Name', 'Names', 'Created', 'State', 'Image', 'ImageID', 'ImageManifestDescriptor', 'Config', 'User'],
    ['RepoTags', 'RepoDigests', 'Size', 'Containers', 'RootFS', 'Layers', 'Os', 'Architecture', 'Variant'],
    [
      'Descriptor',
      'mediaType',
      'digest',
      'platform',
      'os',
      'architecture',
      'variant',
      'Manifests',
      'Kind',
      'Available',
      'Total',
      'ImageData',
      'Platform',
    ],
    ['Status', 'Running', 'ExitCode', 'StartedAt', 'FinishedAt', 'RestartCount'],
    ['HostConfig', 'Privileged', 'ReadonlyRootfs', 'CapAdd', 'NetworkMode', 'PidMode'],
    ['Ports', 'IP', 'PrivatePort', 'PublicPort', 'Type'],
    ['Version', 'ApiVersion', 'MinAPIVersion', 'Components', 'Arch'],
    ['Pod', 'PodName'],
    ['OperatingSystem', 'KernelVersion', 'Driver', 'DriverStatus', 'SecurityOptions', 'Rootless'],
  ].flat(),
);

/**
 * The answer of an engine without what may be a secret: the listed fields, of an environment only the names, of labels those that may be sent.
 * Works on a list of what is still to copy instead of calling itself, so no depth of nesting can end the process.
 */
export function withoutSecrets(value: unknown, keepsLabel: KeepsLabel): unknown {
  const root: { value?: unknown } = {};
  const waiting: { readonly from: unknown; put(to: unknown): void }[] = [
    {
      from: value,
      put: (to) => {
        root.value = to;
      },
    },
  ];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { from } = next;
    if (Array.isArray(from)) {
      const copy: unknown[] = from.map(() => null);
      next.put(copy);
      for (const [index, item] of from.entries()) {
        waiting.push({
          from: item,
          put: (to) => {
            copy[index] = to;
          },
        });
      }
    } else if (typeof from === 'object' && from !== null) {
      const copy: Record<string, unknown> = Object.create(null);
      next.put(copy);
      for (const [name, item] of Object.entries(from)) {
        if (name === 'Env') copy[name] = environmentNames(item);
        else if (name === 'Labels') copy[name] = labelsOnly(item, keepsLabel);
        else if (KEPT.has(name))
          waiting.push({
            from: item,
            put: (to) => {
              copy[name] = to;
            },
          });
      }
    } else {
      next.put(from);
    }
  }
  return root.value;
}

function environmentNames(value: unknown): unknown {
  if (!Array.isArray(value)) return null;
  return value.map((entry) => (typeof entry === 'string' ? (entry.split('=', 1)[0] ?? '') : ''));
}

/** Labels have names of their own, so they are kept by their shape: text to text. */
function labelsOnly(value: unknown, keepsLabel: KeepsLabel): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const labels: Record<string, string> = Object.create(null);
  for (const [name, text] of Object.entries(value))
    if (typeof text === 'string' && keepsLabel(name)) labels[name] = text;
  return labels;
}
