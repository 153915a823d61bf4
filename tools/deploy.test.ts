import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { collectorRole, collectorUrls } from '@hullcheck/testkit';
import { expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

const chart = join(import.meta.dirname, '..', 'deploy', 'helm', 'hullcheck-collector', 'templates');

type Rule = { readonly verbs: readonly string[] } & (
  | {
      readonly apiGroups: readonly string[];
      readonly resources: readonly string[];
      readonly resourceNames?: readonly string[];
    }
  | { readonly nonResourceURLs: readonly string[] }
);

/** Without Helm's expressions: lines that are nothing else go, in names each becomes a letter. */
const plain = (name: string) =>
  readFileSync(join(chart, name), 'utf8')
    .replace(/^\s*\{\{-?[^}]*-?\}\}\n/gm, '')
    .replace(/\{\{[^}]*\}\}/g, 'x');

it('gives the collector of a cluster what it asks for, and neither secrets nor any verb that writes', () => {
  const documents = parseAllDocuments(plain('rbac.yaml'));
  const role = documents
    .map((document) => document.toJS() as { kind: string; rules: readonly Rule[] })
    .find(({ kind }) => kind === 'ClusterRole');
  const all = role?.rules ?? [];
  expect(all.flatMap(({ verbs }) => verbs).filter((verb) => !['get', 'list', 'watch'].includes(verb))).toEqual([]);
  const rules = all.flatMap((rule) => ('resources' in rule ? rule : []));
  const urls = all.flatMap((rule) => ('nonResourceURLs' in rule ? rule.nonResourceURLs : []));
  expect(urls).toEqual(collectorUrls);
  expect(rules.flatMap(({ resources }) => resources).toSorted()).toEqual([
    'jobs',
    'namespaces',
    'nodes',
    'pods',
    'replicasets',
  ]);
  const paths = rules.flatMap(({ apiGroups, resources, resourceNames }) =>
    resources.map((resource) => {
      const base = apiGroups[0] === '' ? '/api/v1' : `/apis/${apiGroups[0]}/v1`;
      return `${base}/${resource}${resourceNames === undefined ? '' : `/${resourceNames[0]}`}`;
    }),
  );
  // The role under which the tests' API server lets the collector work is this one.
  for (const path of paths) expect(collectorRole.some((allowed) => allowed.test(path))).toBe(true);
});

it('runs the collector without any right on its node', () => {
  const text = readFileSync(join(chart, 'collector.yaml'), 'utf8');
  for (const needed of [
    'runAsNonRoot: true',
    'readOnlyRootFilesystem: true',
    'allowPrivilegeEscalation: false',
    'drop: [ALL]',
    'RuntimeDefault',
  ])
    expect(text).toContain(needed);
  expect(text).not.toMatch(/hostPath|hostNetwork|hostPID|privileged: true/);
});

it('runs the agent of a node without more rights than the documents say', () => {
  const text = readFileSync(join(chart, 'nodes.yaml'), 'utf8');
  for (const needed of [
    'automountServiceAccountToken: false',
    'readOnlyRootFilesystem: true',
    'allowPrivilegeEscalation: false',
    'capabilities: { drop: [ALL], add: [CHOWN, DAC_OVERRIDE, KILL, SETGID, SETUID] }',
    'RuntimeDefault',
    'maxSurge: 0',
    'HULLCHECK_ENROLL_TOKEN_FILE',
    'HULLCHECK_ENROLL_SERVICE_ACCOUNT_TOKEN_FILE',
    'expirationSeconds: 600',
    'audience: {{ include "hullcheck.audience" . | quote }}',
  ])
    expect(text).toContain(needed);
  expect(text).not.toMatch(/hostNetwork|hostPID|hostIPC|privileged: true|ENROLL_TOKEN$/m);
  // Its service account is there for its name alone: no role is bound to it, and the token of the API is not mounted.
  expect(text).toContain('serviceAccountName: {{ .Release.Name }}-nodes');
  expect(text.match(/automountServiceAccountToken: false/g)).toHaveLength(2);
  expect(readFileSync(join(chart, 'rbac.yaml'), 'utf8')).not.toContain('-nodes');
  // Of the node: the agent's own state, two files that name the machine, and what the values name.
  expect([...text.matchAll(/hostPath: \{ path: (.*?), type/g)].map(([, path]) => path)).toEqual([
    '{{ .Values.nodes.statePath }}',
    '/etc/machine-id',
    '/etc/os-release',
    '{{ $socket.path }}',
  ]);
  const values = parse(readFileSync(join(chart, '..', 'values.yaml'), 'utf8')) as {
    nodes: { enabled: boolean; sockets: readonly { path: string }[]; resources: { limits: object; requests: object } };
  };
  expect(values.nodes.enabled).toBe(false);
  expect(values.nodes.sockets).toEqual([{ path: '/run/containerd' }]);
  for (const bounds of [values.nodes.resources.limits, values.nodes.resources.requests])
    expect(Object.keys(bounds).toSorted()).toEqual(['cpu', 'memory']);
});

it('bounds the processor and the memory of an agent wherever it is deployed', () => {
  const root = join(import.meta.dirname, '..');
  const unit = readFileSync(join(root, 'apps', 'console', 'src', 'agent-install', 'install.sh'), 'utf8');
  for (const ceiling of ['Nice=10', 'IOSchedulingClass=idle', 'CPUQuota=100%%', 'MemoryMax=768M', 'TasksMax=256'])
    expect(unit).toContain(`${ceiling}\\n`);
  const values = parse(readFileSync(join(chart, '..', 'values.yaml'), 'utf8')) as {
    readonly resources: { limits: object };
    readonly nodes: { resources: { limits: object } };
  };
  for (const { limits } of [values.resources, values.nodes.resources])
    expect(limits).toEqual({ cpu: expect.stringMatching(/^\d+m$/), memory: expect.stringMatching(/^\d+Mi$/) });
  const template = (name: string) => readFileSync(join(chart, name), 'utf8');
  expect(template('collector.yaml')).toContain('resources: {{- toYaml .Values.resources ');
  expect(template('nodes.yaml')).toContain('resources: {{- toYaml .Values.nodes.resources ');
  const guide = readFileSync(join(root, 'docs', 'user-guide.md'), 'utf8');
  const command = /docker run --rm --interactive[\s\S]*?```/.exec(guide)?.[0];
  for (const ceiling of ['--cpus 1 ', '--memory 768m ', '--pids-limit 256 ']) expect(command).toContain(ceiling);
});
