export { findReportFormat, REPORT_FORMATS } from './catalogue.ts';
export { type FirstStep, firstSteps } from './first-steps.ts';
export type { RenderOptions, ReportFormat } from './format.ts';
export { printable, widthOf } from './printable.ts';
export { shareWords } from './share.ts';
