import { Fault } from '@hullcheck/core';
import { describe, expect, it } from 'vitest';
import { formatReference, parseReference } from './reference.ts';

const digest = `sha256:${'a'.repeat(64)}`;

describe('parseReference', () => {
  it.each([
    ['alpine', 'docker.io/library/alpine:latest'],
    ['alpine:3.20', 'docker.io/library/alpine:3.20'],
    ['acme/web', 'docker.io/acme/web:latest'],
    ['index.docker.io/acme/web', 'docker.io/acme/web:latest'],
    ['registry-1.docker.io/alpine', 'docker.io/library/alpine:latest'],
    ['ghcr.io/a/b/c:v1', 'ghcr.io/a/b/c:v1'],
    ['localhost/app', 'localhost/app:latest'],
    ['localhost:5000/app:1', 'localhost:5000/app:1'],
    ['Registry/app', 'registry/app:latest'],
    ['[::1]:5000/app', '[::1]:5000/app:latest'],
    ['127.0.0.1:5000/a/b', '127.0.0.1:5000/a/b:latest'],
    [`alpine@${digest}`, `docker.io/library/alpine@${digest}`],
    [`alpine:3.20@${digest}`, `docker.io/library/alpine:3.20@${digest}`],
    ['a--b/c__d/e.f', 'docker.io/a--b/c__d/e.f:latest'],
  ])('reads %s as %s', (text, full) => {
    expect(formatReference(parseReference(text))).toBe(full);
  });

  it.each([
    '',
    'Alpine',
    'alpine:',
    'alpine@sha256:abc',
    `alpine@${digest.toUpperCase()}`,
    'ghcr.io/',
    '/alpine',
    'a//b',
    '../etc',
    'ghcr.io/a/../b',
    'ghcr.io/a b',
    'user:secret@ghcr.io/a',
    'ghcr.io:99999/a',
    'https://ghcr.io/a',
    `ghcr.io/${'a'.repeat(300)}`,
    `alpine:${'a'.repeat(129)}`,
  ])('refuses %j', (text) => {
    expect(() => parseReference(text)).toThrow(Fault);
  });
});
