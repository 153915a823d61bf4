export { parseVexDocument, readVexDocument, type VexRefusal } from './document.ts';
export { type VexSubject, type VexVerdict, vexJudge } from './judge.ts';
export { vexLimits } from './limits.ts';
export {
  placeWords,
  VEX_STATUSES,
  type VexDocument,
  type VexFlaw,
  type VexProduct,
  type VexStatement,
  type VexStatus,
} from './statement.ts';
export { imageAsServed, vendorProductKey, vendorProductKeys } from './vendor-products.ts';
