import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GATE_WAITS, PERSON_WAITS, priorityOf, READ_AGAIN } from './queue-priority.ts';

const wish = fc.record({ running: fc.boolean(), exposed: fc.boolean(), before: fc.nat(5_000_000) });

describe('priorityOf', () => {
  it('stands behind people and gates, and before what is read again', () => {
    fc.assert(
      fc.property(wish, (one) => {
        expect(priorityOf(one)).toBeGreaterThan(Math.max(PERSON_WAITS, GATE_WAITS));
        expect(priorityOf(one)).toBeLessThan(READ_AGAIN);
      }),
    );
  });
  it('puts exposed running images before other running ones, and those before the rest, whatever waits already', () => {
    fc.assert(
      fc.property(fc.nat(5_000_000), fc.nat(5_000_000), (a, b) => {
        const exposed = priorityOf({ running: true, exposed: true, before: a });
        const running = priorityOf({ running: true, exposed: false, before: b });
        expect(exposed).toBeLessThan(running);
        expect(running).toBeLessThan(priorityOf({ running: false, exposed: false, before: a }));
      }),
    );
  });
  it('lets a small source pass the tail of a large one, and serves two large ones side by side', () => {
    const rest = (before: number) => priorityOf({ running: false, exposed: false, before });
    expect(rest(2)).toBeLessThan(rest(1_000));
    // A hundred images of a host that come after 50,000 tags wait for no more than 127 of them.
    const ahead = Array.from({ length: 50_000 }, (_, n) => rest(n)).filter((priority) => priority <= rest(99)).length;
    expect(ahead).toBeLessThan(128);
  });
});
