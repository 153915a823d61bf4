import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { Fault } from '@hullcheck/core';

/** Where a sealed value belongs. It opens nowhere else: a row can't be given another row's credential. */
export interface SealPlace {
  readonly table: string;
  readonly row: string;
  readonly column: string;
}

/** Seals what the database must keep but never show: AES-256-GCM under a key that lies outside the database. */
export interface Envelope {
  seal(secret: string, place: SealPlace): Buffer;
  /** Throws `unavailable` where the key is another one or the value was moved or changed. */
  unseal(sealed: Buffer, place: SealPlace): string;
  /** First bytes of the key's hash: rows name the key that sealed them. */
  readonly keyId: string;
}

const KEY_BYTES = 32;
const KEY_ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const FORMAT = 1;

export function createEnvelope(key: Buffer): Envelope {
  const id = createHash('sha256').update('key id').update(key).digest().subarray(0, KEY_ID_BYTES);
  const header = Buffer.concat([Buffer.from([FORMAT]), id]);
  const bound = (place: SealPlace) => Buffer.from(JSON.stringify([place.table, place.row, place.column]));
  return {
    keyId: id.toString('hex'),
    seal: (secret, place) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(bound(place));
      const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return Buffer.concat([header, nonce, sealed, cipher.getAuthTag()]);
    },
    unseal: (sealed, place) => {
      const start = header.length + NONCE_BYTES;
      if (sealed.length < start + TAG_BYTES || !sealed.subarray(0, header.length).equals(header)) throw refuse(place);
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(header.length, start))
          .setAAD(bound(place))
          .setAuthTag(sealed.subarray(-TAG_BYTES));
        return Buffer.concat([decipher.update(sealed.subarray(start, -TAG_BYTES)), decipher.final()]).toString('utf8');
      } catch {
        // The cause is left out on purpose: nothing about a credential goes further than this.
        throw refuse(place);
      }
    },
  };
}

function refuse(place: SealPlace): Fault {
  return new Fault('unavailable', 'a saved credential does not open with this key', {
    place: `${place.table} ${place.row}`,
    hint: 'Put back the key file that belongs to this database, or enter the credential again.',
  });
}

/** The key file, made at the first start (0400). `known` is the key id that the database was sealed with, if any. */
export async function loadEnvelope(path: string, known: string | undefined): Promise<Envelope> {
  let key = await readFile(path).catch(() => undefined);
  if (key === undefined) {
    if (known !== undefined) {
      throw new Fault('unavailable', 'the key file of this database is missing', {
        place: path,
        hint: 'Processes of one database share one data folder. If it was lost, put it back from its backup: without it the saved credentials are lost.',
      });
    }
    key = randomBytes(KEY_BYTES);
    const file = await open(path, 'wx', 0o400);
    try {
      await file.writeFile(key);
      await file.sync();
    } finally {
      await file.close();
    }
  }
  if (key.length !== KEY_BYTES)
    throw new Fault('unavailable', `the key file does not hold ${KEY_BYTES} bytes`, { place: path });
  const envelope = createEnvelope(key);
  if (known !== undefined && known !== envelope.keyId) {
    throw new Fault('unavailable', 'this key file belongs to another database', {
      place: path,
      hint: 'Put back the key file that belongs to it; starting with another one would lose the saved credentials.',
    });
  }
  return envelope;
}
