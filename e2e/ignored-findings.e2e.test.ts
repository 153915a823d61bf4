import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runHullcheck } from '@hullcheck/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hullcheck-ignored-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const scan = (...args: readonly string[]) =>
  runHullcheck(['scan', 'pkg:pypi/jinja2@2.10', ...args, '--offline', '--cache', join(folder, 'cache')], {
    cwd: folder,
    env: { HOME: folder },
  });
const vex = (status: string, timestamp: string) =>
  JSON.stringify({
    '@context': 'https://openvex.dev/ns/v0.2.0',
    timestamp,
    statements: [
      {
        vulnerability: { name: 'CVE-2019-10906' },
        products: [{ '@id': 'pkg:pypi/jinja2' }],
        status,
        ...(status === 'not_affected' ? { justification: 'vulnerable_code_not_in_execute_path' } : {}),
      },
    ],
  });

interface Shown {
  readonly findings: readonly { readonly id: string }[];
  readonly ignored: readonly {
    readonly finding: { readonly id: string };
    readonly reason: string;
    readonly source: string;
  }[];
  readonly summary: { readonly total: number; readonly ignored: number };
  readonly risk: { readonly total: number };
}

it('moves a finding that a file answers to the ignored ones, with reason and source, and judges without it', async () => {
  const before: Shown = JSON.parse((await scan('-f', 'json')).stdout);
  expect(before.findings.map(({ id }) => id)).toContain('CVE-2019-10906');
  write('.trivyignore', '# sandbox is not used\nCVE-2019-10906\n');
  const result = await scan('-f', 'json');
  expect(result).toMatchObject({ code: 0, stderr: '' });
  const after: Shown = JSON.parse(result.stdout);
  expect(after.findings).toHaveLength(before.findings.length - 1);
  expect(after.ignored).toMatchObject([
    { finding: { id: 'CVE-2019-10906' }, reason: 'sandbox is not used', source: '.trivyignore:2' },
  ]);
  expect(after.summary).toMatchObject({ total: before.summary.total - 1, ignored: 1 });
  expect(after.risk.total).toBeLessThan(before.risk.total);
  expect((await scan()).stdout).toContain('Ignored     1 by .trivyignore: sandbox is not used');
});

it('lets the latest statement of several documents hold, also for --fail-on', async () => {
  write('.grype.yaml', 'ignore:\n  - package: { type: python, name: jinja2 }\n    vulnerability: CVE-2020-28493\n');
  const all: Shown = JSON.parse((await scan('-f', 'json')).stdout);
  const others = all.findings.map(({ id }) => id).filter((id) => id !== 'CVE-2019-10906');
  write('.trivyignore', `# done with\n${others.join('\n')}\n`);
  write('old.json', vex('affected', '2026-01-01T00:00:00Z'));
  write('new.json', vex('not_affected', '2026-02-01T00:00:00Z'));
  const passed = await scan('--vex', 'new.json', '--vex', 'old.json', '--fail-on', 'unknown', '-q', '-f', 'json');
  expect(JSON.parse(passed.stdout).findings).toEqual([]);
  expect(passed.code).toBe(0);
  write('new.json', vex('not_affected', '2025-12-01T00:00:00Z'));
  expect((await scan('--vex', 'new.json', '--vex', 'old.json', '--fail-on', 'unknown', '-q')).code).toBe(2);
});

it('tells of rules that have passed or fit nothing', async () => {
  write('list', 'CVE-2019-10906 exp:2020-01-01\nCVE-1999-1\n');
  const result = await scan('--ignorefile', 'list', '-f', 'json');
  expect(result.stderr).toContain('list:1: the rule for CVE-2019-10906 ended on 2020-01-01');
  expect(result.stderr).toContain('list:2: the rule for CVE-1999-1 fits no finding');
  expect(JSON.parse(result.stdout).ignored).toEqual([]);
});

it.each([
  ['--vex', '{"@context":"https://openvex.dev/ns",\n"statements":[{}]}', 'file:2: statements[0].status'],
  ['--vex', 'not json', 'file: it is not JSON (line 1, column 1)'],
  ['--ignorefile', 'CVE-1 exp:soon', 'file:1: exp: takes a date'],
])('ends with 1 and names the place where %s holds %j', async (flag, text, words) => {
  write('file', text);
  const result = await scan(flag, 'file');
  expect(result).toMatchObject({ code: 1, stdout: '' });
  expect(result.stderr).toContain(words);
  expect(result.stderr.trim().split('\n')).toHaveLength(1);
});
