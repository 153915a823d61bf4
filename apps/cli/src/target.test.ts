import { describe, expect, it } from 'vitest';
import { parseTarget } from './target.ts';

describe('parseTarget', () => {
  it.each([
    ['debian:12', { scheme: 'image', reference: 'debian:12' }],
    ['localhost:5000/a/b:1@sha256:0', { scheme: 'image', reference: 'localhost:5000/a/b:1@sha256:0' }],
    ['registry:ghcr.io/a/b:1', { scheme: 'registry', reference: 'ghcr.io/a/b:1' }],
    ['docker:app', { scheme: 'docker', reference: 'app' }],
    ['podman:app:2', { scheme: 'podman', reference: 'app:2' }],
    ['containerd:docker.io/library/app:1', { scheme: 'containerd', reference: 'docker.io/library/app:1' }],
    ['docker-archive:/x/a.tar', { scheme: 'docker-archive', path: '/x/a.tar' }],
    ['oci-archive:a.tar', { scheme: 'oci-archive', path: 'a.tar' }],
    ['oci-dir:a', { scheme: 'oci-dir', path: 'a' }],
    ['dir:.', { scheme: 'dir', path: '.' }],
    ['sbom:a.json', { scheme: 'sbom', path: 'a.json' }],
    ['purl:list.txt', { scheme: 'purl-file', path: 'list.txt' }],
    ['pkg:npm/lodash@4.17.4', { scheme: 'purl', purl: 'pkg:npm/lodash@4.17.4' }],
    ['-', { scheme: 'stdin' }],
  ])('reads %s', (text, target) => {
    expect(parseTarget(text)).toEqual(target);
  });

  it.each([
    ['oci:folder', 'oci-dir:folder'],
    ['docker-daemon:a', 'docker:a'],
    ['./image.tar', 'docker-archive:./image.tar'],
    ['/x/image.tar', 'docker-archive:/x/image.tar'],
    ['.', 'dir:'],
  ])('answers the habit %s with the right spelling', (text, spelling) => {
    expect(() => parseTarget(text)).toThrow(expect.objectContaining({ hint: expect.stringContaining(spelling) }));
  });

  it('refuses an empty name', () => {
    expect(() => parseTarget('')).toThrow('empty');
    expect(() => parseTarget('dir:')).toThrow('names no file');
  });
});
