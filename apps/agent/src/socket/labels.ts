/**
 * Labels that may leave the host. A label is text that anybody put there (reverse proxies keep password hashes in theirs), so
 * only those are sent that say what something is: where it was built, which project, service or pod it belongs to. A name
 * that ends with `*` stands for all that begin so.
 */
export const labelsSent: readonly string[] = [
  'org.opencontainers.image.*',
  'org.label-schema.*',
  'com.docker.compose.project',
  'com.docker.compose.service',
  'com.docker.stack.namespace',
  'com.docker.swarm.service.name',
  'io.podman.compose.project',
  'io.podman.compose.service',
  'io.kubernetes.container.name',
  'io.kubernetes.pod.name',
  'io.kubernetes.pod.namespace',
  'io.kubernetes.pod.uid',
];

export type KeepsLabel = (name: string) => boolean;

/** Whether a label is sent: by the list, or because the host's owner named it. */
export function createLabelFilter(alsoSent: readonly string[]): KeepsLabel {
  const all = [...labelsSent, ...alsoSent];
  const names = new Set(all.filter((name) => !name.endsWith('*')));
  const beginnings = all.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1));
  return (name) => names.has(name) || beginnings.some((beginning) => name.startsWith(beginning));
}

export function allowedLabels(
  labels: Readonly<Record<string, string>>,
  keeps: KeepsLabel,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => keeps(name)));
}
