import { expect, it } from 'vitest';
import { allowedLabels, createLabelFilter } from './labels.ts';

it('lets labels through that say what something is, and no other', () => {
  const labels = {
    'org.opencontainers.image.source': 'https://example.com/a',
    'com.docker.compose.project': 'shop',
    'io.kubernetes.pod.name': 'web-1',
    'com.docker.compose.project.environment_file': '/secret',
    'traefik.http.middlewares.auth.basicauth.users': 'admin:CANARY',
    'org.opencontainers.imagex': 'no',
    team: 'web',
  };
  expect(Object.keys(allowedLabels(labels, createLabelFilter([])))).toEqual([
    'org.opencontainers.image.source',
    'com.docker.compose.project',
    'io.kubernetes.pod.name',
  ]);
});

it('lets through what the owner of the host names, alone or with a star', () => {
  const keeps = createLabelFilter(['team', 'com.acme.*']);
  expect(['team', 'teams', 'com.acme.cost', 'com.acme', 'org.label-schema.name'].filter(keeps)).toEqual([
    'team',
    'com.acme.cost',
    'org.label-schema.name',
  ]);
});
