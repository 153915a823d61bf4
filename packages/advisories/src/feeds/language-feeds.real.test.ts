import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findMatcher, type Matchable } from '@hullcheck/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rubysecItems } from './ruby-rubysec/parse.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const feeds = path.join(process.env.HULLCHECK_SHARED ?? path.join(root, '..', 'shared'), 'feeds');
const archive = path.join(feeds, 'ruby-rubysec', 'ruby-rubysec.tar.zst');
const hasRuby = spawnSync('ruby', ['-v']).status === 0;

/**
 * RubySec's own rule with RubyGems' own classes: each version that a record names, and its neighbours, is affected unless a
 * patched or unaffected requirement takes it. Prints record, version and answer.
 */
const RUBY = `
require 'yaml'; require 'date'; require 'rubygems'
Dir.glob(ARGV[0] + '/**/gems/*/*.yml').sort.each do |file|
  record = YAML.safe_load(File.read(file), permitted_classes: [Date])
  lists = (record['patched_versions'] || []) + (record['unaffected_versions'] || [])
  requirements = lists.map { |text| Gem::Requirement.new(text.to_s.split(',').map(&:strip)) }
  named = lists.flat_map { |text| text.to_s.scan(/[0-9][0-9A-Za-z.]*/) }.uniq
  candidates = named.flat_map { |v| [v, v + '.1', v + '.pre', Gem::Version.new(v).bump.to_s] } + ['0.0.1', '999']
  candidates.uniq.each do |v|
    version = Gem::Version.new(v)
    puts [file, v, requirements.none? { |one| one.satisfied_by?(version) }].join("\\t")
  end
end
`;

describe.skipIf(!existsSync(archive) || !hasRuby)("RubySec's advisories", () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'hullcheck-rubysec-'));
  beforeAll(() => {
    execFileSync('sh', ['-c', 'zstd --long=24 -dcq "$0" | tar -x -C "$1"', archive, folder]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('affect exactly the versions that RubyGems itself leaves uncovered', () => {
    const output = execFileSync('ruby', ['-e', RUBY, folder], { encoding: 'utf8', maxBuffer: 1 << 28 });
    const lines = output.split('\n').filter((line) => line !== '');
    expect(lines.length).toBeGreaterThan(10_000);
    const wrong: string[] = [];
    let judged = 0;
    for (const line of lines) {
      const [file = '', version = '', expected] = line.split('\t');
      const item = advisoryOf(file);
      if (item?.kind !== 'advisory') {
        wrong.push(`${file}: not read`);
        continue;
      }
      const { advisory } = item;
      const pkg: Matchable = {
        type: 'gem',
        name: advisory.affected[0]?.name ?? '',
        version,
        source: null,
        distribution: null,
      };
      const kind = findMatcher(pkg)?.judge(pkg, advisory)?.kind;
      judged += 1;
      if ((kind === 'affected') !== (expected === 'true'))
        wrong.push(`${file} ${version}: ${kind}, RubyGems ${expected}`);
    }
    expect(wrong.slice(0, 20)).toEqual([]);
    expect(judged).toBe(lines.length);
  });

  const read = new Map<string, ReturnType<typeof readRecord>>();
  function advisoryOf(file: string): ReturnType<typeof readRecord> {
    const known = read.get(file) ?? readRecord(file);
    read.set(file, known);
    return known;
  }
  function readRecord(file: string) {
    return [...rubysecItems(readFileSync(file, 'utf8'), file, 'ruby-rubysec')][0];
  }
});
