import type { AgentReport } from '@hullcheck/contract';
import type { Change } from './delta.ts';
import { tidyTexts } from './packed-texts.ts';

/** A report as JSON, piece by piece and as often as it is asked for: the one of a big host is never in memory as a whole. */
export type ReportText = () => Iterable<string> | AsyncIterable<Uint8Array>;

/** What a report says besides what it lists. */
export type ReportHead = Omit<AgentReport, 'images' | 'containers' | 'gone'>;

const PIECE_CHARACTERS = 64 * 1024;

/** The text of a report of these images and containers, which are texts already. */
export function toReportText(head: ReportHead, { images, containers, gone }: Change): () => Iterable<string> {
  return () => gathered(parts());

  function* parts(): Generator<string> {
    yield JSON.stringify(head).slice(0, -1);
    yield ',"images":[';
    yield* separated(images);
    yield '],"containers":[';
    yield* separated(containers);
    yield `],"gone":${JSON.stringify(gone)}}`;
  }
}

function* separated(texts: Iterable<string>): Generator<string> {
  let isFirst = true;
  for (const text of texts) {
    yield isFirst ? text : `,${text}`;
    isFirst = false;
  }
}

/** Thousands of small parts would be as many writes. */
function* gathered(parts: Iterable<string>): Generator<string> {
  let piece = '';
  for (const part of parts) {
    piece += part;
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    // Whoever writes or packs it made bytes of it.
    tidyTexts(2 * piece.length);
    piece = '';
  }
  if (piece !== '') yield piece;
}
