import { connectionInput } from '@hullcheck/contract';
import { expect, it } from 'vitest';
import { createEnvelope } from '../auth/envelope.ts';
import { createConnection } from './connections.ts';

it.each(['https://user:CANARY@gitlab.example.com', 'https://gitlab.example.com/?private_token=CANARY', 'ftp://a'])(
  'takes no secret in the address of an API, which every viewer sees: %s',
  async (apiUrl) => {
    const auth = { kind: 'token', token: 'x' };
    const input = connectionInput.parse({ kind: 'gitlab', name: 'x', url: 'https://r.example.com', apiUrl, auth });
    // Refused before anything is written.
    const written = createConnection(undefined as never, createEnvelope(Buffer.alloc(32, 7)), 'scope', input);
    await expect(written).rejects.toMatchObject({ code: 'invalid-input', place: 'apiUrl' });
  },
);
