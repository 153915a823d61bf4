import type { Analysis, Analyzer, ClaimedFile, LayerContext, Problem } from '@hullcheck/core';
import type { DatabaseFault } from '../../formats/database-record.ts';
import { readWhole } from '../../formats/text/index.ts';
import { fileProblem } from '../foreign-text.ts';
import { limits } from '../limits.ts';
import { mayBeAsked } from '../owned-paths.ts';
import { evidenceSchema, type RpmEvidence } from './evidence.ts';
import { parseContentSets } from './parse-content-sets.ts';
import { parseRecords, type ReadDatabase } from './parse-database.ts';
import { type Manifest, parseManifest, parseNameList } from './parse-manifest.ts';
import { parseSqlite, parseWriteAheadLog } from './parse-sqlite.ts';
import { CONTENT_FOLDERS, DATABASE_FOLDERS, DATABASE_NAMES, MANIFESTS, nameOf } from './paths.ts';
import { resolveRpm } from './resolve.ts';

export type { RpmEvidence } from './evidence.ts';

/** Packages of Red Hat, Fedora, SUSE, Amazon Linux, Azure Linux and all else that uses rpm. */
export const rpm: Analyzer<RpmEvidence> = {
  id: 'rpm',
  version: 1,
  support: {
    title: 'RPM packages',
    kind: 'system',
    purlTypes: ['rpm'],
    reads: [
      { file: 'rpmdb.sqlite with its write-ahead log', states: 'installed', licenses: true, relations: true },
      { file: 'Packages.db (ndb)', states: 'installed', licenses: true, relations: true },
      { file: 'Packages (Berkeley DB)', states: 'installed', licenses: true, relations: true },
      { file: 'var/lib/rpmmanifest/ (distroless)', states: 'installed' },
    ],
  },
  claims: {
    paths: [
      ...DATABASE_FOLDERS.flatMap((folder) => Object.values(DATABASE_NAMES).map((name) => `${folder}${name}`)),
      ...Object.values(MANIFESTS),
    ],
    folders: CONTENT_FOLDERS,
  },
  analyze(file, layer): Analysis<RpmEvidence> {
    if (file.path === MANIFESTS.full) return analyzeManifest(file, parseManifest(file));
    if (file.path === MANIFESTS.names) return analyzeManifest(file, parseNameList(file));
    if (CONTENT_FOLDERS.some((folder) => file.path.startsWith(folder))) return analyzeContentSets(file);
    return analyzeDatabase(file, layer);
  },
  parseEvidence: (value) => evidenceSchema().safeParse(value).data,
  resolve: resolveRpm,
};

function analyzeDatabase(file: ClaimedFile, layer: LayerContext): Analysis<RpmEvidence> {
  const name = nameOf(file.path);
  // rpm leaves the log and the journal behind, empty once all of it is in the database.
  if (file.sizeBytes === 0 && (name === DATABASE_NAMES.log || name === DATABASE_NAMES.journal)) return NOTHING;
  if (file.sizeBytes > limits.packageDatabaseBytesMax) {
    const detail = `the file has ${file.sizeBytes} bytes, above packageDatabaseBytesMax`;
    return { evidence: null, problems: [fileProblem('limit-exceeded', file.path, detail)] };
  }
  const keep = (path: string): boolean => mayBeAsked(path, layer);
  switch (name) {
    case DATABASE_NAMES.journal:
      return analyzeJournal(file);
    case DATABASE_NAMES.log: {
      const { packages, table, faults } = parseWriteAheadLog(file, keep);
      return {
        evidence: table === undefined ? null : { kind: 'log', packages, table },
        problems: toProblems(file, faults),
      };
    }
    case DATABASE_NAMES.sqlite:
      return toAnalysis(file, parseSqlite(file, keep));
    case DATABASE_NAMES.ndb:
      return toAnalysis(file, parseRecords(file, 'ndb', keep));
    default:
      return toAnalysis(file, parseRecords(file, 'berkeley-db', keep));
  }
}

const NOTHING: Analysis<RpmEvidence> = { evidence: null, problems: [] };

/** A database without packages and without a fault is kept: whether the image has them elsewhere is known only there. */
function toAnalysis(file: ClaimedFile, { packages, table, faults }: ReadDatabase): Analysis<RpmEvidence> {
  const problems = toProblems(file, faults);
  if (packages.length === 0 && faults.length > 0) return { evidence: null, problems };
  return { evidence: { kind: 'database', packages, ...(table === undefined ? {} : { table }) }, problems };
}

/** First bytes of a rollback journal; a finished one is deleted, cut to nothing or begins with zeros. */
const JOURNAL_MAGIC = Buffer.from('d9d505f920a163d7', 'hex');

function analyzeJournal(file: ClaimedFile): Analysis<RpmEvidence> {
  if (!JOURNAL_MAGIC.equals(file.read(0, JOURNAL_MAGIC.byteLength))) return NOTHING;
  const detail = 'a change of the package database was broken off: what lies beside it may be half written';
  return { evidence: null, problems: [fileProblem('unreadable', file.path, detail)] };
}

function analyzeManifest(file: ClaimedFile, { packages, faults, outcome }: Manifest): Analysis<RpmEvidence> {
  const problems = faults.map((fault) => fileProblem('unreadable', file.path, fault));
  if (outcome !== 'whole') {
    const detail = 'the manifest is above textFileBytesMax, packagesPerFileMax or lineBytesMax';
    problems.push(fileProblem('limit-exceeded', file.path, detail));
  }
  if (packages.length > 0) return { evidence: { kind: 'manifest', packages }, problems };
  return {
    evidence: null,
    problems: [...problems, fileProblem('unreadable', file.path, 'the manifest names no package')],
  };
}

function analyzeContentSets(file: ClaimedFile): Analysis<RpmEvidence> {
  if (!file.path.endsWith('.json')) return NOTHING;
  const bytes = readWhole(file, limits.textFileBytesMax);
  if (bytes === undefined) {
    const detail = `the file has ${file.sizeBytes} bytes, above textFileBytesMax`;
    return { evidence: null, problems: [fileProblem('limit-exceeded', file.path, detail)] };
  }
  const contentSets = parseContentSets(bytes);
  return contentSets.length === 0 ? NOTHING : { evidence: { kind: 'content-sets', contentSets }, problems: [] };
}

const FAULTS_SHOWN_MAX = 20;

function toProblems(file: ClaimedFile, faults: readonly DatabaseFault[]): readonly Problem[] {
  const shown = faults.slice(0, FAULTS_SHOWN_MAX).map(({ code, reason }) => fileProblem(code, file.path, reason));
  const left = faults.length - shown.length;
  return left === 0 ? shown : [...shown, fileProblem('unreadable', file.path, `${left} further faults are not listed`)];
}
