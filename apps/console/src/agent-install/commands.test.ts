import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { chartCommands, containerCommands, hostCommand } from './commands.ts';

const own = { url: 'https://hullcheck.example.com', pin: 'ab12' };
const guide = readFileSync(join(import.meta.dirname, '../../../../docs/user-guide.md'), 'utf8');

it('every command names the console, with the pin of its own certificate and without one where others vouch for it', () => {
  const commandsOf = (console: typeof own | { readonly url: string; readonly pin: null }) => [
    hostCommand(console),
    ...Object.values(containerCommands(console)),
    chartCommands(console).chart,
  ];
  for (const command of commandsOf(own)) {
    expect(command).toMatch(/(?:--server |server=)https:\/\/hullcheck\.example\.com/);
    expect(command).toMatch(/(?:--pin |pin=)sha256:ab12/);
  }
  for (const command of commandsOf({ ...own, pin: null })) expect(command).not.toContain('pin');
});

it('the container has of its host what the guide says, and the key stays when it is replaced', () => {
  const { enroll, run } = containerCommands(own);
  const flagsOf = (command: string) => command.split(' ').filter((word) => /^--|^[^ ]+:\//.test(word));
  for (const flag of flagsOf(run).filter((word) => !word.includes('hullcheck.example.com') && word !== '--pin'))
    expect(guide).toContain(flag);
  const mounts = [...run.matchAll(/-v (\S+)/g)].map(([, mount]) => mount);
  expect(mounts).toEqual([
    '/etc/machine-id:/etc/machine-id:ro',
    '/etc/os-release:/etc/os-release:ro',
    'hullcheck-agent:/var/lib/hullcheck-agent',
    '/run/docker.sock:/run/docker.sock',
  ]);
  expect([...enroll.matchAll(/-v (\S+)/g)].map(([, mount]) => mount)).toEqual(mounts);
  expect(run).not.toMatch(/privileged|--pid[ =]|TOKEN/);
});
