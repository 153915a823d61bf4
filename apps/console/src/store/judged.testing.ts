import type { Judgement, Package } from '@hullcheck/core';

/** An npm package of which nothing else is known. */
export const packageOf = (name: string, more: Partial<Package> = {}): Package => ({
  purl: `pkg:npm/${name}@1.0.0`,
  type: 'npm',
  name,
  version: '1.0.0',
  architecture: null,
  source: null,
  distribution: null,
  licenses: [],
  layer: null,
  paths: [],
  direct: null,
  ownedBy: null,
  analyzer: 'npm',
  ...more,
});

/** A flaw of it that no update fixes yet. */
export const judgementOf = (id: string, more: Partial<Judgement> = {}): Judgement => ({
  id,
  aliases: [],
  title: 't',
  categories: [],
  references: [],
  fixedIn: [],
  published: null,
  severity: 'high',
  rating: 'severe',
  cvss: null,
  kev: false,
  epss: null,
  exploit: 'none',
  risk: 10,
  explanation: 'e',
  evidence: { rule: 'r', range: '< 2', compared: '1', via: null, advisories: [] },
  verdict: 'affected',
  unparsable: null,
  ...more,
});

/** How the console itself read an archive without layers. */
export const consoleReading = {
  facts: {
    id: null,
    name: 'app',
    source: 'docker-archive' as const,
    digests: [],
    tags: [],
    platform: null,
    created: null,
    size: null,
    layers: [],
  },
  readBy: [],
  readByAll: 'console',
  readers: {},
};
