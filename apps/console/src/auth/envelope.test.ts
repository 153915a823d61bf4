import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createEnvelope, loadEnvelope } from './envelope.ts';

const place = { table: 'connection', row: 'a', column: 'credential' };

describe('a sealed credential', () => {
  const envelope = createEnvelope(randomBytes(32));

  it('opens in its place and is different each time', () => {
    const sealed = envelope.seal('pässword', place);
    expect(envelope.unseal(sealed, place)).toBe('pässword');
    expect(sealed.equals(envelope.seal('pässword', place))).toBe(false);
    expect(sealed.includes('pässword')).toBe(false);
  });

  it('opens in no other row, column or table, and not with another key', () => {
    const sealed = envelope.seal('x', place);
    for (const other of [
      { ...place, row: 'b' },
      { ...place, column: 'c' },
      { ...place, table: 't' },
    ]) {
      expect(() => envelope.unseal(sealed, other)).toThrow(/does not open/);
    }
    expect(() => createEnvelope(randomBytes(32)).unseal(sealed, place)).toThrow(/does not open/);
  });

  it('does not open when any byte of it changed', () => {
    const sealed = envelope.seal('secret', place);
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Buffer.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => envelope.unseal(changed, place), `byte ${index}`).toThrow(/does not open/);
    }
  });
});

describe('the key file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hc-key-'));
  const path = join(folder, 'credential.key');
  afterEach(() => rmSync(path, { force: true }));

  it('is made once, for its owner only', async () => {
    const first = await loadEnvelope(path, undefined);
    expect(statSync(path).mode & 0o777).toBe(0o400);
    expect((await loadEnvelope(path, first.keyId)).keyId).toBe(first.keyId);
  });

  it('is not silently replaced when it is missing or another one', async () => {
    await expect(loadEnvelope(path, 'abcdef01')).rejects.toThrow(/missing/);
    await loadEnvelope(path, undefined);
    await expect(loadEnvelope(path, 'abcdef01')).rejects.toThrow(/another database/);
    chmodSync(path, 0o600);
  });
});
