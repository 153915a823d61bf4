import { z } from 'zod';
import { lazily } from '../lazily.ts';
import { limits } from '../limits.ts';

export type RpmPackage = {
  readonly name: string;
  /** `version-release`. */
  readonly version: string;
  /** 0 where none is stated: rpm makes no difference. */
  readonly epoch: number;
  readonly architecture: string | null;
  /** File name of the source package: `bash-5.1.8-4.el9.src.rpm`. */
  readonly source: string | null;
  readonly license: string | null;
  /** `nodejs:18:8080020230718144441:63b34585`. */
  readonly module: string | null;
  /** Owned paths that may be asked for. */
  readonly files: readonly string[];
  /** Names of packages of the same database that meet its requirements. */
  readonly needs?: readonly string[];
};

/** What a row holds where it is no index into the packages of its evidence. */
export const NO_PACKAGE = -1;
/** The row's rest lies in the database, which the log did not change there. */
export const ELSEWHERE = -2;
export const BROKEN = -3;

/** Number of a row, and an index into the packages or one of the constants above. */
export type TableRow = readonly [row: number, content: number];

/** One page of the table of packages: the pages below it, or its rows. */
export type TablePageEvidence = {
  readonly page: number;
  readonly children: readonly number[];
  readonly rows: readonly TableRow[];
};

/** Where the table's rows lie, so that pages of a write-ahead log, maybe of another layer, can take their places. */
export type RpmTable = {
  readonly root: number | null;
  readonly pages: readonly TablePageEvidence[];
};

export type RpmEvidence =
  | { readonly kind: 'database'; readonly packages: readonly RpmPackage[]; readonly table?: RpmTable }
  | { readonly kind: 'log'; readonly packages: readonly RpmPackage[]; readonly table: RpmTable }
  | { readonly kind: 'manifest'; readonly packages: readonly RpmPackage[] }
  | { readonly kind: 'content-sets'; readonly contentSets: readonly string[] };

export const evidenceSchema = lazily(() => {
  const name = z.string().min(1).max(limits.nameCharsMax);
  const count = z.int().min(0);
  const packages = z
    .array(
      z.object({
        name,
        version: z.string().min(1).max(limits.versionCharsMax),
        epoch: count,
        architecture: name.nullable(),
        source: name.nullable(),
        license: z.string().min(1).max(limits.licenseCharsMax).nullable(),
        module: name.nullable(),
        files: z.array(z.string().max(limits.pathCharsMax)).max(limits.ownedPathsPerFileMax),
        needs: z.array(name).max(limits.needsPerPackageMax).exactOptional(),
      }),
    )
    .max(limits.packagesPerFileMax);
  const table = z.object({
    root: count.nullable(),
    pages: z
      .array(
        z.object({
          page: count,
          children: z.array(count).max(limits.tableEntriesPerFileMax),
          rows: z.array(z.tuple([count, z.int().min(BROKEN)])).max(limits.tableEntriesPerFileMax),
        }),
      )
      .max(limits.tableEntriesPerFileMax),
  });

  return z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('database'), packages, table: table.exactOptional() }),
    z.object({ kind: z.literal('log'), packages, table }),
    z.object({ kind: z.literal('manifest'), packages }),
    z.object({ kind: z.literal('content-sets'), contentSets: z.array(name).max(limits.contentSetsPerFileMax) }),
  ]);
});
