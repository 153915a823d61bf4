import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const guide = readFileSync(join(import.meta.dirname, '../../../docs/user-guide.md'), 'utf8');

/** Names of calls in the sources, as `Service/Method`. */
function callsOf(): readonly string[] {
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' });
  const sources = files.filter((file) => file.endsWith('.ts') && !/\.(?:test|testing)\.ts$/.test(file));
  return sources.flatMap((file) => {
    const text = readFileSync(join(import.meta.dirname, file), 'utf8');
    return [...text.matchAll(/'(?:containerd\.services\.[\w.]+|runtime\.v\d\w*)\.(\w+\/\w+)'/g)].map(
      ([, call = '']) => call,
    );
  });
}

it('asks containerd and CRI what the guide says, and nothing that could change anything', () => {
  const said =
    /containerd and CRI are asked by the half itself, with (\w+) calls that only read\.(.*?)Of their answers/s.exec(
      guide,
    );
  const listed = [...(said?.[2] ?? '').matchAll(/`(\w+\/\w+)`/g)].map(([, call = '']) => call);
  const calls = callsOf();
  expect(listed.toSorted()).toEqual(calls.toSorted());
  expect(said?.[1]).toBe('nineteen');
  expect(calls).toHaveLength(19);
  for (const call of calls)
    expect(call).toMatch(
      /\/(?:Version|List\w*|Stream\w+|Info|Read|Subscribe|(?:Container|PodSandbox)Status|GetContainerEvents)$/,
    );
});
