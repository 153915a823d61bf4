/** Rises when a table or the meaning of a column changes: a file of another version is not opened. */
export const SCHEMA_VERSION = 1;

/** `HULL`: tells a vulnerability database from any other SQLite file before a table is read. */
export const APPLICATION_ID = 0x48554c4c;

/**
 * What vendors state of their products, all of one product in one row: an image has few products of a vendor, and each of
 * them hundreds of statements that share documents and parts. Bodies are long, and SQLite reads whole
 * ones to compare the keys of a table without row ids, so the keys have an index. Files that were made before it came lack it.
 * Under keys of their own also how long packages are cared for (support-rows.ts).
 */
export const STATEMENTS_TABLE = `
create table if not exists statements (product text not null, feed integer not null, body text not null);
create unique index if not exists statements_product on statements (product, feed);`;

/** What the file says of itself. The one table that is read of a file that was not verified: it must be this and no view. */
export const META_TABLE = 'create table meta (key text primary key, value text not null) without rowid';

/**
 * Rows belong to a feed, so that an update replaces exactly what one feed said. Advisories are found by (ecosystem,
 * lookup name); what says nothing beside who is affected has a null body, which is nearly all of Debian's and Alpine's.
 * CVE ids of facts are numbers (year × 10^8 + sequence), a third of the text's size.
 */
export const TABLES = `
${META_TABLE};
create table feed (
  ordinal integer primary key, id text not null unique, version integer not null,
  snapshot text not null, records integer not null
);
create table source (
  id text primary key, feed integer not null, updated_at text not null, extent text not null,
  records integer not null, ecosystems text not null, licence text
) without rowid;
create table ecosystem (id integer primary key, name text not null unique);
create table advisory (id integer primary key, feed integer not null, name text not null, body text);
create unique index advisory_name on advisory (name, feed);
create table affected (
  ecosystem integer not null, name text not null, advisory integer not null, ordinal integer not null,
  body text not null, primary key (ecosystem, name, advisory, ordinal)
) without rowid;
create table fact (
  cve integer not null, feed integer not null, body text not null, primary key (cve, feed)
) without rowid;
create table support (
  distribution text not null, release text not null, feed integer not null, end_of_life text, extended text,
  primary key (distribution, release, feed)
) without rowid;
${STATEMENTS_TABLE}
`;
