/** Advisory feeds and the vulnerability database that is built of them. */
export { buildDatabase, updateDatabase } from './database/build.ts';
export { changedKeys } from './database/changes.ts';
export type { AdvisoryDatabase, ChangedKeys, DatabaseStatus, FoundDatabase } from './database/database.ts';
export { findDatabase } from './database/find.ts';
export { openDatabase } from './database/open.ts';
export type * from './database/progress.ts';
export { verifyDatabase } from './database/revision.ts';
export { databasesFolder, pruneDatabases } from './database/revisions.ts';
export { loadStarter, starterDatabasePath } from './database/starter.ts';
export { exportDatabase, importDatabase, type PackedDatabase, verifyFile } from './distribution/carrying.ts';
export { pullDatabase } from './distribution/pull.ts';
export { pushDatabase } from './distribution/push.ts';
export type * from './distribution/report.ts';
export { keyFingerprint, parsePublicKeys, parseSigningKey } from './distribution/signature.ts';
export { revisionSignature, type SignatureState } from './distribution/signed-revision.ts';
export { type DatabaseOrigin, parseDatabaseSource } from './distribution/source.ts';
export { feedCatalogue } from './feeds/catalogue.ts';
export type * from './feeds/feed.ts';
