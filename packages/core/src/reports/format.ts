import type { Report } from '../assessment.ts';

export interface RenderOptions {
  /** ANSI colours, for terminals only. */
  readonly color: boolean;
  /** `YYYY-MM-DD`, to say that a date has passed; null: only dates are shown. */
  readonly today: string | null;
}

/** One form in which a report leaves the program. Equal input gives equal bytes. Listed in catalogue.ts. */
export interface ReportFormat {
  /** Name of its folder, and what `--format` takes. */
  readonly id: string;
  readonly mediaType: string;
  /** Without a dot. */
  readonly fileExtension: string;
  /** Pieces of UTF-8 text that end with a line break. */
  render(report: Report, options: RenderOptions): Iterable<string>;
}
