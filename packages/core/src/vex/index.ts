export { parseVexDocument, readVexDocument, type VexRefusal } from './document.ts';
export {
  isClosing,
  type NamedPackage,
  reasonOf,
  sourceOf,
  type VexQuestion,
  type VexSubject,
  type VexVerdict,
  vexJudge,
} from './judge.ts';
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
export { inVendorContext, type VendorContext, vendorContexts } from './vendor-context.ts';
export { imageAsServed, vendorProductKey, vendorProductKeys } from './vendor-products.ts';
