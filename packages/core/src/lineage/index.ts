export { type Advice, adviseContainer, type FixableFindings, SYSTEM_PACKAGE_TYPES, type TagState } from './advice.ts';
export { newerTag } from './newer-tag.ts';
export { type Flaws, type RebuildOutcome, rebuildOn } from './rebuild.ts';
