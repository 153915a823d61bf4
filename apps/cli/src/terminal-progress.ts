import { printable } from '@hullcheck/core';
import type { Surroundings } from './settings.ts';

export interface ProgressLine {
  show(text: string): void;
  end(): void;
}

const SHOWN_EVERY_MS = 80;

/** One line on standard error that is rewritten in place; nothing where it is not a terminal or not wanted. */
export function startProgress(around: Surroundings, wanted: boolean): ProgressLine {
  if (!wanted || !around.stderr.isTTY) return { show: () => {}, end: () => {} };
  let shownAt = 0;
  let open = false;
  return {
    show(text) {
      const now = around.now();
      if (now - shownAt < SHOWN_EVERY_MS) return;
      shownAt = now;
      open = true;
      const width = Math.max(20, (around.stderr.columns ?? 80) - 1);
      around.stderr.write(`\r\u001b[2K${printable(text).slice(0, width)}`);
    },
    end() {
      if (open) around.stderr.write('\r\u001b[2K');
      open = false;
    },
  };
}
