/** Advisory feeds and the vulnerability database that is built of them. */
export { buildDatabase, updateDatabase } from './database/build.ts';
export { exportDatabase, importDatabase } from './database/carrying.ts';
export { changedKeys } from './database/changes.ts';
export type { AdvisoryDatabase, ChangedKeys, DatabaseStatus, FoundDatabase } from './database/database.ts';
export { findDatabase } from './database/find.ts';
export { openDatabase } from './database/open.ts';
export type * from './database/progress.ts';
export { verifyDatabase } from './database/revision.ts';
export { databasesFolder, pruneDatabases } from './database/revisions.ts';
export { loadStarter, starterDatabasePath } from './database/starter.ts';
export { feedCatalogue } from './feeds/catalogue.ts';
export type * from './feeds/feed.ts';
