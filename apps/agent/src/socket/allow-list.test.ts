import { newsFilters } from '@hullcheck/runtimes';
import { expect, it } from 'vitest';
import { inspectionsPerRequest } from '../limits.ts';
import { judgeRequest } from './allow-list.ts';

const id = 'a'.repeat(64);

it.each([
  ['/_ping', 'bytes'],
  ['/version', 'object'],
  ['/v1.41/info', 'object'],
  ['/v1.48/images/json?manifests=true', 'list'],
  ['/v1.41/images/json', 'list'],
  [`/v1.41/images/sha256:${id}/json`, 'object'],
  [`/v1.41/images/sha256:${id}/get`, 'bytes'],
  [`/v1.48/images/${id}/get?platform=%7B%22os%22%3A%22linux%22%2C%22architecture%22%3A%22amd64%22%7D`, 'bytes'],
  ['/v1.41/containers/json?all=true', 'list'],
  [`/v1.41/containers/${id}/json`, 'object'],
  [`/v1.41/events?since=1795478808&filters=${encodeURIComponent(newsFilters)}`, 'lines'],
])('passes GET %s', (target, answer) => {
  expect(judgeRequest('GET', target)).toEqual({ target, answer });
});

it.each([
  '/',
  '',
  '/containers/json',
  '/v1.41/containers/json',
  '/v1.41/containers/json?all=true&size=true',
  '/v1.41/containers/json?size=true',
  `/v1.41/containers/${id}/archive?path=/etc/shadow`,
  `/v1.41/containers/${id}/export`,
  `/v1.41/containers/${id}/logs`,
  `/v1.41/containers/${id}/attach/ws`,
  `/v1.41/containers/${id}/top`,
  `/v1.41/containers/${id}/json/`,
  `/v1.41//containers/${id}/json`,
  `/v1.41/containers/${id}%2Fjson`,
  `/v1.41/containers/../images/json`,
  `/v1.41/containers/%2e%2e/images/json`,
  `/v1.41/./info`,
  '/v1.41/images/alpine/json',
  '/v1.41/images/get?names=alpine',
  `/v1.41/images/sha256:${id}/history`,
  `/v1.41/images/sha256:${id}/get?platform=x`,
  `/v1.41/images/sha256:${id}/push`,
  '/v1.41/images/search?term=x',
  '/v1.41/info?x',
  '/v1.41/info#x',
  '/v1.41/INFO',
  '/v1.41/info\u0000',
  '/v1.41/info /x',
  'http://localhost/v1.41/info',
  '//localhost/v1.41/info',
  '/v2.0/info',
  '/v1.41/events',
  '/v1.41/events?since=1&filters=%7B%7D',
  '/v1.41/secrets',
  '/v1.41/swarm',
  '/v1.41/system/df',
  '/v4.0.0/libpod/info',
  '/v1.41/volumes',
  `/v1.41/images/json?${'a'.repeat(2000)}`,
  `/v1.41/events?since=1&filters=${encodeURIComponent('{"type":["container","image"]}')}`,
  `/v1.41/containers/${id},${id},/json?size=true`,
  `/v1.41/containers/${id},../json`,
  `/v1.41/containers/${id},${id}/json`,
  `/v1.41/containers/,/json`,
  `/v1.41/containers/${id},,/json`,
  `/v1.41/containers/${id},${id},/archive`,
  `/containers/${id},${id},/json`,
  `/v1.41/containers/${`${id},`.repeat(inspectionsPerRequest + 1)}/json`,
  `/v1.41/images/${id},alpine,/json`,
])('refuses %j', (target) => {
  expect(judgeRequest('GET', target)).toBeUndefined();
});

it.each(['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'CONNECT', 'get', undefined])('refuses the verb %s', (method) => {
  expect(judgeRequest(method, '/v1.41/info')).toBeUndefined();
});

it('takes many ids at once, each of which is one listed request', () => {
  const other = 'b'.repeat(64);
  expect(judgeRequest('GET', `/v1.41/containers/${id},${other},/json`)).toEqual({
    answer: 'many',
    inspections: [id, other].map((one) => ({ id: one, kind: 'container', target: `/v1.41/containers/${one}/json` })),
  });
  const ids = Array.from({ length: inspectionsPerRequest }, (_, at) => `sha256:${at.toString(16).padStart(64, '0')}`);
  const many = judgeRequest('GET', `/v1.48/images/${ids.join(',')},/json`);
  const inspections = many?.answer === 'many' ? many.inspections : [];
  expect(inspections.map(({ kind, target }) => [kind, target])).toEqual(
    ids.map((one) => ['image', `/v1.48/images/${one}/json`]),
  );
  for (const { target } of inspections) expect(judgeRequest('GET', target)).toEqual({ target, answer: 'object' });
});
