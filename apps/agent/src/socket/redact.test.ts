import { expect, it } from 'vitest';
import { withoutSecrets } from './redact.ts';

it('keeps names of an environment and drops values, command lines and proxies, however deep', () => {
  const answer = {
    Id: 'x',
    Path: 'sh',
    Args: ['-c', 'CANARY'],
    HttpProxy: 'http://user:CANARY@proxy',
    Config: {
      Env: ['A=CANARY', 'B', 7],
      Cmd: ['CANARY'],
      Entrypoint: 'CANARY',
      User: 'root',
      Labels: { Path: 'CANARY' },
    },
    Nested: [{ Config: { Env: ['C=CANARY=1'] } }],
  };
  const redacted = withoutSecrets(answer);
  expect(JSON.stringify(redacted)).not.toContain('CANARY');
  expect(redacted).toMatchObject({
    Id: 'x',
    Config: { Env: ['A', 'B', ''], User: 'root' },
    Nested: [{ Config: { Env: ['C'] } }],
  });
  expect(answer.Config.Env[0]).toBe('A=CANARY');
});

it('drops an environment of another shape', () => {
  expect(withoutSecrets({ Env: 'A=secret' })).toEqual({ Env: null });
  expect(withoutSecrets({ Env: { A: 'secret' } })).toEqual({ Env: null });
});

it('survives nesting that would end a recursive reader, and names of the language', () => {
  let deep: unknown = { Env: ['A=secret'] };
  for (let level = 0; level < 200_000; level += 1) deep = [deep];
  expect(() => withoutSecrets(deep)).not.toThrow();
  expect(withoutSecrets(JSON.parse('{"__proto__": {"Env": ["A=secret"]}}'))).toEqual(
    JSON.parse('{"__proto__": {"Env": ["A"]}}'),
  );
});
