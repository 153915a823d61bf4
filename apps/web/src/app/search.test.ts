import { expect, it } from 'vitest';
import {
  parseConnectionsSearch,
  parseContainersSearch,
  parseHostSearch,
  parseHostsSearch,
  parseImageSearch,
} from './search.ts';

it('keeps what a link of the list holds', () => {
  const search = {
    q: 'nginx',
    state: 'partial',
    running: 'true',
    sort: '-size',
    image: '0b7e1d34-6f5a-4a52-9d10-3f0c1f1f0a01',
  };
  expect(parseContainersSearch(search)).toEqual(search);
});
it('leaves out what no filter knows, without an error', () => {
  expect(
    parseContainersSearch({ q: '', state: 'wrong', running: 'perhaps', sort: 'name', image: "'; drop", extra: 1 }),
  ).toEqual({});
});
it('reads a number as the text that was typed', () => {
  expect(parseContainersSearch({ q: 443, running: true })).toEqual({ q: '443', running: 'true' });
});
it('bounds text', () => {
  expect(parseImageSearch({ q: 'x'.repeat(301), tab: 'layers' })).toEqual({ tab: 'layers' });
});
it('opens the form by word or id only', () => {
  expect(parseConnectionsSearch({ edit: 'new' })).toEqual({ edit: 'new' });
  expect(parseConnectionsSearch({ edit: 'other' })).toEqual({});
});
it('lists inactive hosts only where that is asked for', () => {
  expect(parseHostsSearch({ inactive: true })).toEqual({ inactive: true });
  expect(parseHostsSearch({ inactive: 'false' })).toEqual({});
});
it('keeps what narrows hosts and the containers of one, and leaves out the rest', () => {
  const hosts = { q: 'web', state: 'silent', unreadable: 'true', sort: 'seen' };
  expect(parseHostsSearch(hosts)).toEqual(hosts);
  expect(parseHostsSearch({ state: 'inactive', unreadable: 'false', sort: 'started' })).toEqual({});
  const containers = { q: '0a1b', state: 'exited', sort: '-started', container: 'docker/0a1b' };
  expect(parseHostSearch(containers)).toEqual(containers);
  expect(parseHostSearch({ state: 'gone', running: 'perhaps', sort: 'seen', tab: 'packages' })).toEqual({});
});
