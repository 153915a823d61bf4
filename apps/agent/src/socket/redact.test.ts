import { expect, it } from 'vitest';
import { createLabelFilter } from './labels.ts';
import { withoutSecrets } from './redact.ts';

const everyLabel = createLabelFilter(['*']);

it('keeps names of an environment and what the inventory is made of; all else goes, however deep', () => {
  const answer = {
    Id: 'x',
    Path: 'sh',
    Args: ['-c', 'CANARY'],
    HttpProxy: 'http://user:CANARY@proxy',
    State: { Status: 'running', Health: { Log: [{ Output: 'CANARY' }] } },
    HostConfig: {
      Privileged: true,
      Mounts: [{ VolumeOptions: { DriverConfig: { Options: { o: 'username=u,password=CANARY' } } } }],
      Annotations: { x: 'CANARY' },
    },
    Config: {
      Env: ['A=CANARY', 'B', 7],
      Cmd: ['CANARY'],
      Entrypoint: 'CANARY',
      OnBuild: ['ENV PASSWORD=CANARY'],
      Healthcheck: { Test: ['CMD', 'CANARY'] },
      User: 'root',
      Labels: { 'org.example/team': 'web' },
    },
    Manifests: [{ ID: 'm', Config: { Env: ['C=CANARY=1'] } }],
    SomethingOfTheNextVersion: 'CANARY',
  };
  const redacted = withoutSecrets(answer, everyLabel);
  expect(JSON.stringify(redacted)).not.toContain('CANARY');
  expect(redacted).toEqual({
    Id: 'x',
    State: { Status: 'running' },
    HostConfig: { Privileged: true },
    Config: { Env: ['A', 'B', ''], User: 'root', Labels: { 'org.example/team': 'web' } },
    Manifests: [{ ID: 'm', Config: { Env: ['C'] } }],
  });
  expect(answer.Config.Env[0]).toBe('A=CANARY');
});

it('drops an environment of another shape', () => {
  expect(withoutSecrets({ Env: 'A=secret' }, everyLabel)).toEqual({ Env: null });
  expect(withoutSecrets({ Env: { A: 'secret' } }, everyLabel)).toEqual({ Env: null });
});

it('keeps of labels only texts, under any name', () => {
  const labels = JSON.parse('{"Path": "a", "Env": "b", "__proto__": "c", "x": {"Secret": "CANARY"}}');
  expect(withoutSecrets({ Labels: labels }, everyLabel)).toEqual({
    Labels: JSON.parse('{"Path": "a", "Env": "b", "__proto__": "c"}'),
  });
  expect(withoutSecrets({ Labels: [{ Secret: 'CANARY' }] }, everyLabel)).toEqual({ Labels: null });
});

it('survives nesting that would end a recursive reader, and names of the language', () => {
  let deep: unknown = { Env: ['A=secret'] };
  for (let level = 0; level < 200_000; level += 1) deep = [deep];
  expect(() => withoutSecrets(deep, everyLabel)).not.toThrow();
  expect(withoutSecrets(JSON.parse('{"__proto__": {"Env": ["A=secret"]}}'), everyLabel)).toEqual({});
});

it('keeps of labels those that may be sent', () => {
  const Labels = { 'com.docker.compose.project': 'shop', 'traefik.auth': 'admin:CANARY' };
  expect(withoutSecrets([{ Labels, Config: { Labels } }], createLabelFilter([]))).toEqual([
    { Labels: { 'com.docker.compose.project': 'shop' }, Config: { Labels: { 'com.docker.compose.project': 'shop' } } },
  ]);
});
