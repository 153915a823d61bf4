export { ecosystemOf, findMatcher, isJudgedByOwner, lookupsOf, MATCHERS, releaseOf } from './catalogue.ts';
export type { Conclusion } from './conclusion.ts';
export { type Cpe, cpeName, cpeVersion, parseCpe } from './cpe.ts';
export { cvesOf, groupAdvisories, type VulnerabilityGroup } from './groups.ts';
export {
  concludeSubject,
  factIdsOf,
  findingOf,
  gradeConclusion,
  isOpen,
  isTold,
  type Judgement,
  judgeSubject,
} from './judgement.ts';
export type { LookupKey, Matchable, Matcher, Verdict, VerdictKind } from './matcher.ts';
export { swiftName } from './matchers/swift.ts';
export { schemeOfType } from './scheme.ts';
export { type Subject, subjectKey, subjectOf } from './subject.ts';
