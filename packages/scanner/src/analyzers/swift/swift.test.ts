import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { claimsNothing, memoryFile, viewOf } from '../samples.testing.ts';
import { swift } from './index.ts';

const sample = (name: string): string => readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8');
const analyze = (path: string, content: string) => swift.analyze(memoryFile(path, content), claimsNothing);
const resolve = (path: string, content: string) => swift.resolve(viewOf({ [path]: [analyze(path, content).evidence] }));
const purls = (path: string, content: string) => resolve(path, content).packages.map(({ purl }) => purl);

const RESOLVED = 'srv/app/Package.resolved';
const PODS = 'srv/ios/Podfile.lock';

describe('Package.resolved', () => {
  it('of version 1 names packages by their repositories, without branches', () => {
    expect(purls(RESOLVED, sample('v1.resolved'))).toEqual(['pkg:swift/github.com/Alamofire/Alamofire@5.9.1']);
  });

  it('of version 3 takes every kind of pin that has a version and is not the project itself', () => {
    const { packages } = resolve(RESOLVED, sample('v3.resolved'));
    expect(packages.map(({ purl, name, direct }) => [purl, name, direct])).toEqual([
      ['pkg:swift/github.com/apple/swift-nio@2.72.0', 'github.com/apple/swift-nio', null],
      ['pkg:swift/git.example.com/ios/team/Kit@1.4.0', 'git.example.com/ios/team/Kit', null],
      ['pkg:swift/mona/LinkedList@1.1.1', 'mona/LinkedList', null],
    ]);
  });

  it('of version 2 is version 3 without a hash of its origin', () => {
    const two = sample('v3.resolved')
      .replace(/"originHash".*\n/, '')
      .replace('"version" : 3', '"version" : 2');
    expect(purls(RESOLVED, two)).toEqual(purls(RESOLVED, sample('v3.resolved')));
  });

  it('of a version to come is a problem, not an empty project', () => {
    expect(analyze(RESOLVED, '{"pins":[],"version":4}')).toMatchObject({ problems: [{ code: 'unsupported' }] });
  });

  it.each([
    ['no JSON', '{"pins": ['],
    ['no version', '{"pins": []}'],
    ['no pins', '{"version": 2}'],
    ['no list of pins', '{"version": 1, "object": {"pins": {}}}'],
    ['null', 'null'],
  ])('that is %s is a problem', (_, content) => {
    expect(analyze(RESOLVED, content)).toMatchObject({ evidence: null, problems: [{ code: 'unreadable' }] });
  });

  it('passes over pins of another shape', () => {
    const content = '{"version":2,"pins":[null,1,{},{"location":"x"},{"location":"https://h.org/a","state":null}]}';
    expect(purls(RESOLVED, content)).toEqual([]);
  });

  it('in a checkout of the package manager is of the dependency', () => {
    expect(analyze('srv/.build/checkouts/swift-nio/Package.resolved', '{')).toEqual({ evidence: null, problems: [] });
  });
});

describe('Podfile.lock', () => {
  it('has each pod once, without subspecs and own code, and which were asked for', () => {
    const { packages } = resolve(PODS, sample('Podfile.lock'));
    expect(packages.map(({ purl, direct }) => `${purl} ${direct}`)).toEqual([
      'pkg:cocoapods/AFNetworking@4.0.1 true',
      'pkg:cocoapods/GoogleUtilities@7.13.3 false',
      'pkg:cocoapods/Uploader@2.3.0-beta.1 true',
    ]);
  });

  it('says which pod needs which', () => {
    expect(resolve(PODS, sample('Podfile.lock')).relations).toEqual([
      { from: 'pkg:cocoapods/Uploader@2.3.0-beta.1', to: 'pkg:cocoapods/AFNetworking@4.0.1' },
      { from: 'pkg:cocoapods/Uploader@2.3.0-beta.1', to: 'pkg:cocoapods/GoogleUtilities@7.13.3' },
    ]);
  });

  it.each([
    ['nothing', ''],
    ['no pods', 'COCOAPODS: 1.15.2\n'],
    ['a merge conflict', 'PODS:\n<<<<<<< HEAD\n  - A (1.0)\n'],
  ])('that holds %s is a problem', (_, content) => {
    expect(analyze(PODS, content)).toMatchObject({ evidence: null, problems: [{ code: 'unreadable' }] });
  });

  it('with lists and numbers where names belong gives what is left', () => {
    expect(purls(PODS, 'PODS:\n  - - x\n  - A (1.0):\n    - - y\n  - (2)\n  - B\n')).toEqual(['pkg:cocoapods/A@1.0']);
  });
});
