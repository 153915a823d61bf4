import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..');
const folder = join(root, '.github', 'workflows');
const program = join(root, 'apps', 'cli', 'bin', 'hullcheck.mjs');

interface Step {
  readonly uses?: string;
  readonly run?: string;
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<
    Record<string, { readonly permissions?: Readonly<Record<string, string>>; readonly steps: readonly Step[] }>
  >;
}

const workflows = readdirSync(folder).map((name): [string, string, Workflow] => {
  const text = readFileSync(join(folder, name), 'utf8');
  return [name, text, parse(text)];
});
const stepsOf = (workflow: Workflow) => Object.values(workflow.jobs).flatMap(({ steps }) => steps);

/** `hullcheck` command lines of a step: the words after the program, up to what the shell ends them by. */
function commandsOf({ run = '' }: Step): string[][] {
  return [...run.matchAll(/npx --no hullcheck ([^\n|&;]*)/g)].map(([, words = '']) => words.trim().split(/\s+/));
}

describe.each(workflows)('the workflow %s', (_name, text, workflow) => {
  it('may read the repository and write packages at most', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
    for (const { permissions = {} } of Object.values(workflow.jobs)) {
      expect(
        Object.entries(permissions)
          .filter(([, access]) => access === 'write')
          .map(([name]) => name),
      ).toEqual(['packages']);
    }
  });

  it('uses actions of a named version only', () => {
    for (const { uses } of stepsOf(workflow)) {
      if (uses !== undefined) expect(uses).toMatch(/^actions\/[a-z-]+@(?:v\d+\.\d+\.\d+|[0-9a-f]{40})$/);
    }
  });

  it('puts no expression into a shell, and knows no secret but the signing key', () => {
    for (const { run = '' } of stepsOf(workflow)) expect(run).not.toContain('${{');
    const secrets = [...text.matchAll(/secrets\.(\w+)/g)].map(([, name]) => name);
    expect(secrets).toEqual(['HULLCHECK_DB_SIGNING_KEY']);
  });

  it('runs commands and flags that the command line has', () => {
    const commands = stepsOf(workflow).flatMap(commandsOf);
    expect(commands.length).toBeGreaterThan(4);
    for (const words of commands) {
      const [group = '', command = '', ...rest] = words;
      const help = execFileSync(process.execPath, [program, group, command, '--help'], { encoding: 'utf8' });
      expect(help).toContain(`hullcheck ${group} ${command}`);
      for (const flag of rest.filter((word) => word.startsWith('--'))) expect(help, words.join(' ')).toContain(flag);
    }
  });

  it('publishes on a schedule, and only after the check that a feed did not shrink', () => {
    expect(workflow.on).toHaveProperty('schedule');
    const lines = stepsOf(workflow)
      .flatMap(commandsOf)
      .map((words) => words.join(' '));
    const at = (part: string) => lines.findIndex((line) => line.includes(part));
    expect(at('--fail-on-shrink')).toBeGreaterThan(-1);
    expect(at('db verify')).toBeGreaterThan(at('--fail-on-shrink'));
    expect(at('db push')).toBeGreaterThan(at('db verify'));
  });
});
