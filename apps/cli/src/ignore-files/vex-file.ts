import { Fault, parseVexDocument, placeWords, type VexStatement } from '@hullcheck/core';
import { ignoreLimits } from '../limits.ts';

/** The statements of one document. Fault `invalid-input` names the file, and place and line of what is wrong with it. */
export async function parseVexFile(text: string, path: string): Promise<readonly VexStatement[]> {
  const document = parse(text, path);
  const flaw = 'flaws' in document ? document.flaws[0] : document;
  if (flaw !== undefined) {
    const line = await lineOf(text, flaw.path);
    const place = placeWords(flaw.path);
    throw new Fault('invalid-input', `${path}${line === undefined ? '' : `:${line}`}: ${place} ${flaw.problem}`, {
      place: path,
    });
  }
  return 'statements' in document ? document.statements : [];
}

function parse(text: string, path: string) {
  try {
    return parseVexDocument(text, path);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new Fault(error.code, `${path}: ${error.message}`, { place: path, cause: error });
  }
}

/** JSON is YAML, whose parser knows where each value stands. Only for documents small enough to be read again. */
async function lineOf(text: string, path: readonly (string | number)[]): Promise<number | undefined> {
  if (path.length === 0 || text.length > ignoreLimits.placedBytesMax) return undefined;
  const { isNode, LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, schema: 'json' });
  // What is missing has no place of its own: then it is that of what should hold it.
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    const offset = isNode(node) ? node.range?.[0] : undefined;
    if (offset !== undefined) return lines.linePos(offset).line;
  }
  return undefined;
}
