import { layerReport } from '@hullcheck/contract';
import { Fault, type LayerReport } from '@hullcheck/core';
import type { z } from 'zod';

/** The report as the contract has it; what does not fit there would be refused by the console anyway. */
export function toLayerBody(report: LayerReport): z.infer<typeof layerReport> {
  const fitted = {
    ...report,
    problems: report.problems.map((problem) => ({ ...problem, detail: problem.detail.slice(0, 2000) })),
  };
  const parsed = layerReport.safeParse(fitted);
  if (parsed.success) return parsed.data;
  throw new Fault('limit-exceeded', 'the report of a layer is larger than the console takes', { place: report.diffId });
}
