export * from './advice/index.ts';
export * from './advisory.ts';
export {
  ADVISORY_AGE_DAYS_MAX,
  coverageOf,
  coverageOfEcosystems,
  ecosystemsOf,
  problemsOfCoverage,
} from './assess/coverage.ts';
export { undeterminedProblem } from './assess/findings.ts';
export { idleRules, type SiftContext, siftIgnored } from './assess/ignore.ts';
export { FIX_STATES, type FixState, type IgnoreRule, type IgnoreScope } from './assess/ignore-rule.ts';
export { problemsOfRelease } from './assess/release.ts';
export { problemsOfInventory, stateOf } from './assess/state.ts';
export { summarize } from './assess/summary.ts';
export { supportKeysOf, supportNotes, withSupport } from './assess/support.ts';
export { type AssessmentInputs, assess, distinctProblems, judgedReleaseOf, NO_DATABASE } from './assess.ts';
export * from './assessment.ts';
export * from './digest.ts';
export * from './evidence.ts';
export * from './fault.ts';
export * from './finding.ts';
export * from './image.ts';
export { parseInstant } from './instant.ts';
export * from './lineage/index.ts';
export * from './matching/index.ts';
export * from './package.ts';
export * from './problem.ts';
export { formatPurl, type Purl, type PurlParts, parsePurl, purlWithoutVersion } from './purl/index.ts';
export * from './reports/index.ts';
export * from './risk/index.ts';
export { compareVersions, inRange, isSchemeId, satisfies, VERSION_SCHEME_IDS } from './versions/compare.ts';
export type { Order, SchemeId, VersionScheme } from './versions/scheme.ts';
export * from './vex/index.ts';
