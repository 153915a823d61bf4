import { expect, it } from 'vitest';
import { parseSourceRpm } from './source-rpm.ts';

it.each([
  ['bash-5.1.8-4.el9.src.rpm', 'bash', '5.1.8-4.el9'],
  ['java-1.8.0-openjdk-1.8.0.412.b08-2.el8.src.rpm', 'java-1.8.0-openjdk', '1.8.0.412.b08-2.el8'],
  ['perl-4:5-1.nosrc.rpm', 'perl', '4:5-1'],
  ['a-1-1.src.rpm', 'a', '1-1'],
])('%s is split from its end', (text, name, version) => {
  expect(parseSourceRpm(text)).toEqual({ name, version });
});

// Each of these ended a scanner that indexed into the parts: https://github.com/aquasecurity/trivy/issues/3686
it.each([
  '',
  '(none)',
  'bash',
  'bash.src.rpm',
  'bash-5.src.rpm',
  '-5-1.src.rpm',
  'bash--1.src.rpm',
  'bash-5-.src.rpm',
  '--.src.rpm',
  'bash-5-1.x86_64.rpm',
  'a-b',
])('%j names no source package', (text) => {
  expect(parseSourceRpm(text)).toBeUndefined();
});
