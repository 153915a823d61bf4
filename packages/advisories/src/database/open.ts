import type {
  Advisory,
  AffectedPackage,
  DatabaseSource,
  ReleaseSupport,
  VexStatement,
  VulnerabilityFacts,
} from '@hullcheck/core';
import * as z from 'zod';
import type { AdvisoryDatabase, DatabaseStatus } from './database.ts';
import { asInvalid, hasStatements, numberOf, type OpenFile, openFile, textOf, textOrNull } from './reading.ts';
import { cveNumber, lookupName, readAdvisory, readAffected, readFacts } from './rows.ts';
import { SCHEMA_VERSION } from './schema.ts';
import { readStatements } from './statement-rows.ts';
import { readSupport, supportRowKey } from './support-rows.ts';

/** Opens a revision for looking up. Read-only: many processes may have it open, and nothing ever writes to it. */
export function openDatabase(location: string): AdvisoryDatabase {
  const file = openFile(location);
  const { connection } = file;
  try {
    const sources = readSources(file);
    const feeds = new Map(
      connection
        .prepare('select ordinal, id from feed')
        .all()
        .map((row) => [numberOf(row.ordinal), textOf(row.id)]),
    );
    const affectedOf = connection.prepare(`
      select a.id as advisory, a.feed as feed, a.name as id, a.body as body, f.body as affected
      from ecosystem e
      join affected f on f.ecosystem = e.id and f.name = ?
      join advisory a on a.id = f.advisory
      where e.name = ?
      order by a.feed, a.name, f.ordinal`);
    const factsOf = connection.prepare('select body from fact where cve = ? order by feed');
    const supportOf = connection.prepare(`
      select s.end_of_life as ending, s.extended as extended from support s join feed f on f.ordinal = s.feed
      where s.distribution = ? and s.release = ? order by f.id limit 1`);

    const statementsOf = hasStatements(connection)
      ? connection.prepare(`
          select feed, body from statements where product in (select value from json_each(?)) order by feed, product`)
      : undefined;

    const supportRowsOf = hasStatements(connection)
      ? connection.prepare(`
          select s.product as product, s.body as body from statements s join feed f on f.ordinal = s.feed
          where s.product in (select value from json_each(?)) order by f.id, s.product`)
      : undefined;

    const guarded = <T>(read: () => T): T => {
      try {
        return read();
      } catch (error) {
        throw asInvalid(error, location);
      }
    };

    return {
      revision: file.revision,
      builtAt: file.builtAt,
      sources,
      advisoriesFor: (keys) =>
        guarded(() => {
          const hits = new Map<
            number,
            { feed: string; id: string; body: string | null; affected: AffectedPackage[] }
          >();
          const asked = new Set<string>();
          for (const { ecosystem, name } of keys) {
            const key = lookupName(ecosystem, name);
            const once = `${ecosystem}\0${name}`;
            if (asked.has(once)) continue;
            asked.add(once);
            for (const row of affectedOf.all(key, ecosystem)) {
              const advisory = numberOf(row.advisory);
              // Under the name that was asked for: the caller compares it with its own.
              const affected = { ...readAffected(ecosystem, key, textOf(row.affected)), name };
              const hit = hits.get(advisory);
              if (hit !== undefined) hit.affected.push(affected);
              else {
                const feed = feeds.get(numberOf(row.feed)) ?? '';
                hits.set(advisory, { feed, id: textOf(row.id), body: textOrNull(row.body), affected: [affected] });
              }
            }
          }
          return [...hits.values()].map(
            ({ feed, id, body, affected }): Advisory => readAdvisory(feed, id, body, affected),
          );
        }),
      factsFor: (ids) =>
        guarded(() => {
          const found = new Map<string, VulnerabilityFacts>();
          for (const id of ids) {
            const number = cveNumber(id);
            if (number === undefined || found.has(id)) continue;
            const parts = factsOf.all(number).map((row) => textOf(row.body));
            if (parts.length > 0) found.set(id, readFacts(id, parts));
          }
          return found;
        }),
      supportOf: (distribution, release) =>
        guarded((): ReleaseSupport | undefined => {
          const row = supportOf.get(distribution, release);
          if (row === undefined) return undefined;
          return {
            distribution,
            release,
            endOfLife: textOrNull(row.ending),
            extendedEndOfLife: textOrNull(row.extended),
          };
        }),
      vendorStatements: (products) =>
        guarded(() => {
          const found = new Map<string, VexStatement>();
          for (const row of statementsOf?.all(JSON.stringify(products)) ?? []) {
            for (const statement of readStatements(feeds.get(numberOf(row.feed)) ?? '', textOf(row.body))) {
              const key = `${statement.source} ${statement.place}`;
              const others = found.get(key)?.products ?? [];
              found.set(
                key,
                others.length === 0 ? statement : { ...statement, products: [...others, ...statement.products] },
              );
            }
          }
          return [...found.values()];
        }),
      packageSupport: (keys) =>
        guarded(() =>
          (supportRowsOf?.all(JSON.stringify(keys.map(supportRowKey))) ?? []).map((row) =>
            readSupport(textOf(row.product), textOf(row.body)),
          ),
        ),
      status: () => guarded(() => readStatus(location, file, sources)),
      close: () => connection.close(),
    };
  } catch (error) {
    connection.close();
    throw asInvalid(error, location);
  }
}

const ecosystems = z.array(z.string());

/** The source entries, by id. */
export function readSources({ connection }: OpenFile): readonly DatabaseSource[] {
  return connection
    .prepare('select id, updated_at, extent, records, ecosystems, licence from source order by id')
    .all()
    .map((row) => ({
      id: textOf(row.id),
      updatedAt: textOf(row.updated_at),
      extent: row.extent === 'whole' ? 'whole' : 'excerpt',
      records: numberOf(row.records),
      ecosystems: ecosystems.parse(JSON.parse(textOf(row.ecosystems))),
      licence: textOrNull(row.licence),
    }));
}

/** Counts of the file. */
export function readStatus(path: string, file: OpenFile, sources: readonly DatabaseSource[]): DatabaseStatus {
  const count = (sql: string) => numberOf(file.connection.prepare(sql).get()?.n);
  return {
    path,
    bytes: file.bytes,
    schemaVersion: SCHEMA_VERSION,
    revision: file.revision,
    builtAt: file.builtAt,
    sources,
    advisories: count('select count(*) as n from advisory'),
    packages: count('select count(*) as n from (select distinct ecosystem, name from affected)'),
    facts: count('select count(distinct cve) as n from fact'),
  };
}
