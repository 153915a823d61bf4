import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { openFile } from './reading.ts';
import { APPLICATION_ID, SCHEMA_VERSION } from './schema.ts';

const COUNTING = `with recursive n (i) as (select 1 union all select i + 1 from n)`;

it.each([
  // Bounded: where it is counted, the test gets a key of no use after half a minute instead of hanging for ever.
  [
    'counts',
    `create view meta as ${COUNTING.replace('from n)', 'from n where i < 100000000)')}
     select 'revision' as key, 'r' as value union all select 'built_at', (select max(i) || '' from n)`,
  ],
  ['is another table', 'create table meta (key text, value text)'],
  ['is a view under another spelling', `create view META as select 'revision' as key, 'x' as value`],
  ['is not there', 'create table other (key text)'],
])('a file whose table about itself %s is refused before it is read', (_how, sql) => {
  const location = path.join(mkdtempSync(path.join(tmpdir(), 'hullcheck-reading-')), 'a.db');
  const connection = new DatabaseSync(location);
  connection.exec(`pragma application_id = ${APPLICATION_ID}; pragma user_version = ${SCHEMA_VERSION}; ${sql}`);
  connection.close();
  expect(() => openFile(location)).toThrow('not a usable vulnerability database');
});
