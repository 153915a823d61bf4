import type { EnginePod, EnginePort } from './engine.ts';

/** The labels that the kubelet puts on each container, whatever the runtime. */
export const podLabels = {
  name: 'io.kubernetes.pod.name',
  namespace: 'io.kubernetes.pod.namespace',
  uid: 'io.kubernetes.pod.uid',
  container: 'io.kubernetes.container.name',
} as const;

/** The kubelet's annotation with the ports of a container: `[{"hostPort":80,"containerPort":8080,"protocol":"TCP"}]`. */
export const portsAnnotation = 'io.kubernetes.container.ports';

export function podOfLabels(labels: Readonly<Record<string, string>>): EnginePod | null {
  const name = labels[podLabels.name];
  if (name === undefined || name === '') return null;
  return { name, namespace: labels[podLabels.namespace] ?? null, uid: labels[podLabels.uid] ?? '' };
}

/** Ports in JSON, with the names of Kubernetes or of nerdctl (which differ in their first letter); none where it is no such list. */
export function parsePorts(text: string | undefined): readonly EnginePort[] {
  if (text === undefined) return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown): EnginePort[] => {
    if (typeof entry !== 'object' || entry === null) return [];
    const field = (name: string): unknown =>
      Reflect.get(entry, name) ?? Reflect.get(entry, name.charAt(0).toUpperCase() + name.slice(1));
    const container = field('containerPort');
    const host = field('hostPort');
    const ip = field('hostIP') ?? field('hostIp');
    const protocol = field('protocol');
    if (!isPort(container)) return [];
    return [
      {
        ip: typeof ip === 'string' ? ip : '',
        host: isPort(host) ? host : null,
        container,
        protocol: typeof protocol === 'string' ? protocol.toLowerCase() : 'tcp',
      },
    ];
  });
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536;
}
