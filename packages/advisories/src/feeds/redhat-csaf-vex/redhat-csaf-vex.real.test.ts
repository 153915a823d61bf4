import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { vexItems } from './parse.ts';

// What Red Hat's documents say of source packages, by a second reading of them in Python.

const folder = path.join(import.meta.dirname, 'testdata');

/** Prints `release product module source status version` of every statement in a document that an image can be judged by. */
const ORACLE = String.raw`
import json, re, sys, urllib.parse
document = json.load(open(sys.argv[1]))
known, said = {}, set()
def walk(node):
    if isinstance(node, dict):
        if 'product_id' in node: known[node['product_id']] = node.get('product_identification_helper', {})
        node = list(node.values())
    for child in node if isinstance(node, list) else []: walk(child)
walk(document['product_tree']['branches'])
parts = {r['full_product_name']['product_id']: (r['product_reference'], r['relates_to_product_reference']) for r in document['product_tree']['relationships']}
for flaw in document['vulnerabilities']:
    never = {p for r in flaw['remediations'] if r['category'] == 'no_fix_planned' for p in r['product_ids']}
    for status in ('fixed', 'known_affected', 'under_investigation'):
        for product in flaw['product_status'].get(status, []):
            component, platform = parts[product]
            purl = urllib.parse.urlsplit(known[component].get('purl', ''))
            asked = dict(urllib.parse.parse_qsl(purl.query.replace('+', '%2B')))
            cpe = known[platform].get('cpe', '').split(':')
            if not purl.path.startswith('rpm/redhat/') or asked.get('arch') != 'src' or len(cpe) < 5: continue
            if cpe[3] != 'enterprise_linux' and not re.fullmatch('rhel_(eus|e4s|aus|tus|els|eus_long_life)|enterprise_linux_eus', cpe[3]): continue
            name, _, version = urllib.parse.unquote(purl.path[len('rpm/redhat/'):]).partition('@')
            epoch = '' if asked.get('epoch', '0') == '0' else asked['epoch'] + ':'
            word = {'fixed': 'fixed', 'known_affected': 'will-not-fix' if product in never else 'affected', 'under_investigation': 'under-investigation'}[status]
            stream = ':'.join(asked.get('rpmmod', '-').split(':')[:2])
            where = '-' if cpe[3] == 'enterprise_linux' else cpe[3] + ':' + cpe[4]
            said.add(' '.join(['rhel:' + cpe[4].split('.')[0], where, stream, name, word, epoch + version]).strip())
print('\n'.join(sorted(said)))
`;

/** The same of our reading; a range for each fix. */
function statementsOf(text: string): readonly string[] {
  const lines = new Set<string>();
  for (const item of vexItems(text, 'cve.json', 'redhat-csaf-vex')) {
    if (item.kind !== 'advisory') throw new Error(`a document of Red Hat is ${item.kind}`);
    for (const { ecosystem, product, module, name, nameKind, status, ranges } of item.advisory.affected) {
      if (nameKind !== 'source') continue;
      const place = [ecosystem, product ?? '-', module ?? '-', name].join(' ');
      if (ranges.length === 0) lines.add(`${place} ${status}`);
      for (const { fixed } of ranges) lines.add(`${place} fixed ${fixed}`);
    }
  }
  return [...lines].sort();
}

describe.skipIf(!existsSync('/usr/bin/python3'))('Red Hat’s documents', () => {
  test.each(readdirSync(folder))('%s says the same to both readings', (name) => {
    const location = path.join(folder, name);
    const theirs = execFileSync('python3', ['-c', ORACLE, location], { encoding: 'utf8' }).trim().split('\n');
    expect(theirs.length).toBeGreaterThan(1);
    const ours = statementsOf(readFileSync(location, 'utf8'));
    const withoutVersion = (lines: readonly string[]) =>
      new Set(lines.map((line) => line.replace(/( fixed) .*/, '$1')));
    expect(withoutVersion(ours)).toEqual(withoutVersion(theirs));
    // Of the fixes of one product those that end a range: each is one that the document names.
    expect(ours.filter((line) => !theirs.includes(line))).toEqual([]);
  });
});
