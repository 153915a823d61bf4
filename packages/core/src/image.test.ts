import { expect, it } from 'vitest';
import { comparedPlatform } from './image.ts';

it.each([
  ['linux/arm64/v8', 'linux/arm64'],
  ['linux/arm64', 'linux/arm64'],
  ['linux/aarch64', 'linux/arm64'],
  ['linux/x86_64', 'linux/amd64'],
  ['Linux/AMD64/v1', 'linux/amd64'],
  ['linux/amd64/v3', 'linux/amd64/v3'],
  ['linux/arm', 'linux/arm/v7'],
  ['linux/arm/v6', 'linux/arm/v6'],
  ['linux/arm64/v9', 'linux/arm64/v9'],
  ['windows/amd64', 'windows/amd64'],
  ['linux/s390x', 'linux/s390x'],
  ['', ''],
  ['what nobody understands', 'what nobody understands'],
])('compares the platform %s as %s', (text, compared) => {
  expect(comparedPlatform(text)).toBe(compared);
});
