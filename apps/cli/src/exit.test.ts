import { Fault } from '@hullcheck/core';
import { describe, expect, it } from 'vitest';
import { describeFault, faultExit } from './exit.ts';

describe("the command line's words for faults", () => {
  it('names the place and what to do, in one paragraph', () => {
    expect(
      describeFault(new Fault('truncated', 'the archive ends early', { place: 'a.tar', hint: 'Copy it again' })),
    ).toBe('a.tar: the archive ends early. Copy it again');
  });

  it('makes control characters, escapes and direction marks visible', () => {
    expect(describeFault(new Fault('not-found', 'no \u001b]0;x\u0007\u202e'))).toBe('no \\x1b]0;x\\x07\\u202e');
  });

  it("adds the system's own code to an unexpected error and no stack", () => {
    const text = describeFault(Object.assign(new Error('boom'), { code: 'EACCES' }));
    expect(text).toBe('boom. (EACCES)');
  });

  it('never lets a fault end with a code that a gate takes for passed', () => {
    for (const code of Object.values(faultExit)) expect(code).toBe(1);
  });
});
