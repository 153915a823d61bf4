import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { contentHash } from './content-hash.ts';

it('is SHA-256 of the UTF-8', () => {
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ maxLength: 300 }));
  fc.assert(
    fc.property(text, (one) => {
      expect(contentHash(one)).toBe(createHash('sha256').update(one.toWellFormed()).digest('hex'));
    }),
  );
});
