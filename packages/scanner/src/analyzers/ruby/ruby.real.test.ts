import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { corpusLayout, findProgram } from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CorpusImage, openCorpusImage } from '../../compose/corpus-image.testing.ts';
import { claimsNothing, memoryFile } from '../samples.testing.ts';
import { ruby } from './index.ts';

/** RubyGems' own view: each gemspec in a folder that RubyGems would look into, loaded by Gem::Specification.load. */
const GEMS = `
root = ARGV[0]
Dir.glob(['', 'default/'].map { |folder| root + '/**/specifications/' + folder + '*.gemspec' }).each do |file|
  spec = Gem::Specification.load(file) or raise file
  puts [file.delete_prefix(root + '/'), spec.name, spec.version, spec.platform, spec.licenses.join('|'),
    spec.runtime_dependencies.map { |need| need.name + ' ' + need.requirement.requirements.map { |part| part.join(' ') }.sort.join(',') }.sort.join('|')].join("\\t")
end
`;

/** Bundler's own view of a lock file, by the Bundler of the image: name, version, whether the project asks for it, what it needs. */
const LOCK = `
$LOAD_PATH.unshift(*Dir.glob(ARGV[0] + '/usr/share/rubygems-integration/all/gems/bundler-*/lib'))
ENV['BUNDLE_GEMFILE'] = File.join(File.dirname(ARGV[1]), 'Gemfile')
require 'bundler'
lock = Bundler::LockfileParser.new(File.read(ARGV[1]))
names = lock.specs.map(&:name)
lock.specs.reject { |spec| spec.source.instance_of?(Bundler::Source::Path) }.each do |spec|
  needs = spec.dependencies.map(&:name).select { |name| names.include?(name) }.sort
  puts [spec.name, spec.version, lock.dependencies.key?(spec.name), needs.join('|')].join("\\t")
end
`;

const lines = (output: string): readonly string[] =>
  [...new Set(output.split('\n').filter((line) => line !== ''))].sort();

const missing =
  corpusLayout('ruby-php') === undefined || ['umoci', 'ruby'].some((tool) => findProgram(tool) === undefined);

describe.skipIf(missing)('gems of ruby-php', () => {
  let image: CorpusImage;
  beforeAll(async () => {
    image = await openCorpusImage(corpusLayout('ruby-php') ?? '');
  });
  afterAll(() => image.remove());

  it('equal those of Gem::Specification to the last entry, with platform, licences and needs', () => {
    const expected = lines(execFileSync('ruby', ['-e', GEMS, image.root], { encoding: 'utf8', maxBuffer: 1 << 26 }));
    const found = expected.map((line) => {
      const path = line.split('\t', 1)[0] ?? '';
      const { evidence } = ruby.analyze(memoryFile(path, readFileSync(join(image.root, path))), claimsNothing);
      if (evidence?.kind !== 'gem') return path;
      const { name, version, platform, licenses, needs } = evidence.gem;
      const wanted = needs.map((need) => `${need.name} ${[...need.requirement].sort().join(',')}`).sort();
      return [path, name, version, platform ?? 'ruby', licenses.join('|'), wanted.join('|')].join('\t');
    });
    expect(found).toEqual(expected);
    expect(expected.length).toBeGreaterThan(120);
  });

  it('are in the inventory, each at its own path, and no others', () => {
    const expected = lines(execFileSync('ruby', ['-e', GEMS, image.root], { encoding: 'utf8', maxBuffer: 1 << 26 }))
      .map((line) => line.split('\t').slice(0, 3).join(' '))
      .sort();
    const found = image.inventory.packages
      .filter(({ type }) => type === 'gem')
      .flatMap(({ name, version, paths }) => paths.map((path) => `${path} ${name} ${version}`))
      .sort();
    expect(found).toEqual(expected);
  });

  it('belong to the Debian package that dpkg -S names, except for copies', () => {
    const gems = image.inventory.packages.filter(({ type }) => type === 'gem');
    const copied = gems.filter(({ paths }) => paths.every((path) => path.startsWith('usr/local/')));
    expect(copied.length).toBeGreaterThan(20);
    expect(copied.every(({ ownedBy }) => ownedBy === null)).toBe(true);
    const owned = gems.filter(({ ownedBy }) => ownedBy !== null);
    expect(owned.length + copied.length).toBe(gems.length);
    for (const { paths, ownedBy } of owned.filter((_, index) => index % 8 === 0)) {
      const options = [`--admindir=${join(image.root, 'var/lib/dpkg')}`, '-S', `/${paths[0]}`];
      expect(execFileSync('dpkg-query', options, { encoding: 'utf8' }).split(':', 1)[0]).toBe(ownedBy);
    }
  });

  it('need each other as their gemspecs state', () => {
    const purlOf = (name: string): string | undefined =>
      image.inventory.packages.find((pkg) => pkg.type === 'gem' && pkg.name === name)?.purl;
    expect(image.inventory.relations).toContainEqual({ from: purlOf('sinatra'), to: purlOf('rack') });
  });

  it.each(['rbs.Gemfile.lock', 'platforms.Gemfile.lock'])('%s says what Bundler reads in it', (name) => {
    const path = join(import.meta.dirname, 'testdata', name);
    const expected = lines(execFileSync('ruby', ['-e', LOCK, image.root, path], { encoding: 'utf8' }));
    const { evidence } = ruby.analyze(memoryFile('srv/Gemfile.lock', readFileSync(path)), claimsNothing);
    const packages = evidence?.kind === 'lock' ? evidence.packages : [];
    const found = packages.map((locked) => {
      const needs = (locked.needs ?? []).map((need) => need.slice(0, need.lastIndexOf('@'))).sort();
      return [locked.name, locked.version, locked.direct, needs.join('|')].join('\t');
    });
    expect([...found].sort()).toEqual(expected);
    expect(expected.length).toBeGreaterThan(5);
  });
});
