export { byCvssPreference, type CvssScore, type CvssVersion, scoreCvss } from './cvss.ts';
export { type FindingRisk, findingRisk, type RiskInputs, type RiskParts, type ThreatReason } from './finding-risk.ts';
export {
  type Criticality,
  imageRisk,
  RISK_BANDS,
  riskInContext,
  riskOfSums,
  totalRisk,
  worstPerVulnerability,
} from './image-risk.ts';
export { OPEN_RISK_1, type RiskModel } from './model.ts';
export { RATINGS, ratingOfScore, SEVERITIES, severityOfLabel, severityOfScore } from './severity.ts';
