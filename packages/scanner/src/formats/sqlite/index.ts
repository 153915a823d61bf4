export { openSqlite, type PageSource, type SqliteFile } from './pages.ts';
export { type Column, parseColumnShapes, parseRecord } from './record.ts';
export { findTable } from './schema.ts';
export { readPayload, type TableEvent, walkTable } from './table.ts';
export { parseTablePage, type TableCell, type TablePage } from './table-page.ts';
export { openWriteAheadLog, type WriteAheadLog } from './write-ahead-log.ts';
