export { type ImageAdvice, type Remedy, remedyOf, type Update, type UpdateBy } from './advice.ts';
export { type AdviceInputs, advise } from './advise.ts';
