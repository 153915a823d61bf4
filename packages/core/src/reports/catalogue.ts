import { cyclonedx } from './cyclonedx/index.ts';
import type { ReportFormat } from './format.ts';
import { json } from './json/index.ts';
import { table } from './table/index.ts';

export const REPORT_FORMATS: readonly ReportFormat[] = [cyclonedx, json, table];

export function findReportFormat(id: string): ReportFormat | undefined {
  return REPORT_FORMATS.find((format) => format.id === id);
}
