import { crc32 } from 'node:zlib';
import type { Analysis, Analyzer, ClaimedFile, Problem } from '@hullcheck/core';
import { z } from 'zod';
import { ELF_MAGIC } from '../../formats/elf/index.ts';
import { readWhole } from '../../formats/text/index.ts';
import { fileProblem } from '../foreign-text.ts';
import { lazily } from '../lazily.ts';
import { limits } from '../limits.ts';
import { documents } from './documents.ts';
import { type FoundProgram, parseDocuments, recognisersOf, searchPrograms } from './parse.ts';
import { archiveNames, libraryNames } from './recognisers.ts';
import { resolvePrograms } from './resolve.ts';

export type ProgramEvidence = {
  /** Only of executables. `head` is a checksum of the first page: with the size it tells hard links from other files. */
  readonly executable?: { readonly bytes: number; readonly head: number };
  /** What states its version; absent for programs that nobody recognises. */
  readonly programs?: readonly FoundProgram[];
};

const schema = lazily(() => {
  const count = z.number().int().nonnegative();
  return z
    .object({
      executable: z.object({ bytes: count, head: count }).exactOptional(),
      programs: z
        .array(
          z.object({
            id: z.string().min(1).max(limits.nameCharsMax),
            version: z.string().min(1).max(limits.versionCharsMax),
            at: count,
          }),
        )
        .min(1)
        .max(limits.packagesPerFileMax)
        .exactOptional(),
    })
    .refine(({ executable, programs }) => executable !== undefined || programs !== undefined);
});

const PAGE_BYTES = 4096;
const documentNames: readonly string[] = [...new Set(documents.map(({ name }) => name))];
const decoder = new TextDecoder('utf-8');

/**
 * Programs that state their own version, which no package manager brought: what images compile, unpack or copy into
 * themselves. It also weighs every executable, so that what nothing explains can be told.
 */
export const programs: Analyzer<ProgramEvidence> = {
  id: 'programs',
  version: 1,
  support: {
    title: 'Programs by their own words',
    kind: 'binary',
    purlTypes: ['generic', 'golang'],
    reads: [
      { file: 'Node.js, Python, PyPy, Ruby, PHP, Perl, Rust, Deno, Bun, Dart, GCC', states: 'embedded' },
      { file: 'release of Java and GraalVM, VERSION of Go, OTP_VERSION of Erlang, elixir.app', states: 'installed' },
      {
        file: 'nginx, OpenResty, httpd, lighttpd, HAProxy, Varnish, Squid, Redis, Valkey, memcached, PostgreSQL, MariaDB, MySQL, Percona Server, XtraBackup, Mosquitto, Exim, Dovecot, Unbound, ProFTPD, OpenSSH, Fluent Bit',
        states: 'embedded',
      },
      {
        file: 'OpenSSL, LibreSSL, AWS-LC, curl, SQLite, BusyBox, bash, git, xz, Chrome, Composer, WP-CLI',
        states: 'embedded',
      },
    ],
  },
  claims: { executableMagic: [ELF_MAGIC], names: [...documentNames, ...libraryNames, ...archiveNames] },
  analyze(file): Analysis<ProgramEvidence> {
    const base = file.path.slice(file.path.lastIndexOf('/') + 1);
    return documentNames.includes(base) ? analyzeDocument(file) : analyzeProgram(file, base);
  },
  parseEvidence: (value) => schema().safeParse(value).data,
  resolve: resolvePrograms,
};

function analyzeDocument(file: ClaimedFile): Analysis<ProgramEvidence> {
  // Larger ones are something else: files of these names are common.
  const bytes = readWhole(file, limits.versionDocumentBytesMax);
  const found = bytes === undefined ? [] : parseDocuments(file.path, decoder.decode(bytes));
  return { evidence: found.length === 0 ? null : { programs: found }, problems: [] };
}

function analyzeProgram(file: ClaimedFile, base: string): Analysis<ProgramEvidence> {
  const head = file.read(0, PAGE_BYTES);
  const isElf = ELF_MAGIC.every((byte, index) => head[index] === byte);
  const chosen = recognisersOf(base, isElf);
  const { found, exceeded } = searchPrograms(file, base, chosen);
  const isExecutable = isElf && (file.mode & 0o111) !== 0;
  const problems: readonly Problem[] = exceeded === null ? [] : [tooLarge(file, exceeded)];
  if (!isExecutable && found.length === 0) return { evidence: null, problems };
  return {
    evidence: {
      ...(isExecutable ? { executable: { bytes: file.sizeBytes, head: crc32(head) } } : {}),
      ...(found.length === 0 ? {} : { programs: found }),
    },
    problems,
  };
}

function tooLarge(file: ClaimedFile, limit: string): Problem {
  return fileProblem('limit-exceeded', file.path, `the version of the program was not found within ${limit}`);
}
