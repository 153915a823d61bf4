import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Advisory, findMatcher, type Matchable } from '@hullcheck/core';
import { describe, expect, it } from 'vitest';
import { memorySnapshot } from '../snapshot.ts';
import { cpanCpansa } from './index.ts';

const root = fileURLToPath(new URL('../../../../..', import.meta.url));
const feeds = path.join(process.env.HULLCHECK_SHARED ?? path.join(root, '..', 'shared'), 'feeds');
const file = path.join(feeds, 'cpan-cpansa', 'cpan-security-advisory.json');
const hasPerl = spawnSync('perl', ['-MJSON::PP', '-Mversion', '-e', '1']).status === 0;

/**
 * CPAN::Audit's own rule in Perl's own version objects: each released version of a distribution against each of its advisories.
 * Equalities in one text are alternatives, as in ranges.ts. Prints number of the advisory, version and answer.
 */
const PERL = String.raw`
use strict; use warnings; use version; use JSON::PP;
local $SIG{__WARN__} = sub { die @_ };
open my $in, '<', $ARGV[0] or die; local $/; my $all = decode_json(<$in>)->{dists};
my %test = ('<' => sub { $_[0] < 0 }, '<=' => sub { $_[0] <= 0 }, '>' => sub { $_[0] > 0 }, '>=' => sub { $_[0] >= 0 }, '==' => sub { $_[0] == 0 });
my $number = 0;
for my $dist (sort keys %$all) {
  my %seen; my @versions;
  for my $released (@{ $all->{$dist}{versions} }) {
    next if !defined $released->{version} || $seen{ $released->{version} }++;
    my $v = eval { version->parse($released->{version}) };
    push @versions, [ $released->{version}, $v ] if defined $v;
  }
  for my $advisory (@{ $all->{$dist}{advisories} }) {
    for my $pair (@versions) {
      my $hit = 0;
      for my $text (@{ $advisory->{affected_versions} }) {
        my ($all_hold, $others) = (1, 0);
        for my $clause (split /\s*,\s*/, $text) {
          my ($op, $bound) = $clause =~ /^([<>=]*)\s*(\S+)$/ or die $clause;
          $op = '==' if $op eq '' || $op eq '=';
          my $holds = $test{$op}->($pair->[1] <=> version->parse($bound));
          if ($op eq '==') { $hit = 1 if $holds } else { $others = 1; $all_hold = 0 unless $holds }
        }
        $hit = 1 if $others && $all_hold;
      }
      print "$number\t$pair->[0]\t$hit\n";
    }
    $number++;
  }
}
`;

describe.skipIf(!existsSync(file) || !hasPerl)("CPAN's advisories", () => {
  it("affect exactly the released versions that Perl's own versions say", async () => {
    const answer = spawnSync('perl', ['-e', PERL, file], { encoding: 'utf8', maxBuffer: 1 << 28 });
    expect(answer.stderr).toBe('');
    const lines = answer.stdout.split('\n').filter((line) => line !== '');
    const byDistribution = new Map<string, Advisory[]>();
    const part = { id: 'cpan-cpansa', extent: 'whole', updatedAt: '2026-01-01T00:00:00Z' } as const;
    const snapshot = memorySnapshot(part.id, [part], { 'cpan.json': { part: part.id, bytes: readFileSync(file) } });
    let records = 0;
    for await (const item of cpanCpansa.parse(snapshot, new AbortController().signal)) {
      if (item.kind === 'dated') continue;
      if (item.kind !== 'advisory') throw new Error(JSON.stringify(item));
      const name = item.advisory.affected[0]?.name ?? '';
      byDistribution.set(name, [...(byDistribution.get(name) ?? []), item.advisory]);
      records += 1;
    }
    expect(records).toBe(2061);
    const advisories = [...byDistribution.keys()].sort().flatMap((name) => byDistribution.get(name) ?? []);
    const wrong: string[] = [];
    for (const line of lines) {
      const [number = '', version = '', hit] = line.split('\t');
      const advisory = advisories[Number(number)];
      if (advisory === undefined) throw new Error(line);
      const pkg: Matchable = {
        type: 'cpan',
        name: advisory.affected[0]?.name ?? '',
        version,
        source: null,
        distribution: null,
      };
      const kind = findMatcher(pkg)?.judge(pkg, advisory)?.kind;
      // Without ranges the database states nothing to hold a version against.
      if (advisory.affected[0]?.status === 'undetermined') continue;
      if ((kind === 'affected') !== (hit === '1')) wrong.push(`${advisory.id} ${version}: ${kind}, Perl ${hit}`);
    }
    expect(wrong.slice(0, 20)).toEqual([]);
    expect(lines.length).toBeGreaterThan(50_000);
  });
});
