import { SaxesParser } from 'saxes';
import { xmlLimits } from './limits.ts';

export interface XmlVisitor {
  /**
   * An element begins; `path` has the local names from the root to it and is only valid in the call. `attributes` are of foreign
   * making: look them up with `stringOf`.
   */
  open?(path: readonly string[], attributes: { readonly [name: string]: string }): void;
  /** An element ended; `text` is what stood in it outside of other elements, trimmed. */
  close(path: readonly string[], text: string): void;
}

/** `whole`: every element that was opened was closed. Otherwise what came before the fault was handed over. */
export type XmlOutcome = 'whole' | 'unreadable' | 'depth';

class Stop extends Error {
  readonly outcome: XmlOutcome;

  constructor(outcome: XmlOutcome) {
    super(outcome);
    this.outcome = outcome;
  }
}

/**
 * Hands over the elements of an XML document. Namespaces' prefixes are dropped. A document type's entities are never expanded (billion
 * laughs, https://cwe.mitre.org/data/definitions/776.html) and nothing outside of the text is read.
 */
export function visitXml(text: string, visitor: XmlVisitor): XmlOutcome {
  const parser = new SaxesParser();
  const path: string[] = [];
  const texts: string[] = [];
  let seen = false;
  let errors = 0;
  parser.on('error', () => {
    errors++;
    if (errors > xmlLimits.errorsMax) throw new Stop('unreadable');
  });
  parser.on('opentag', ({ name, attributes }) => {
    if (path.length >= xmlLimits.depthMax) throw new Stop('depth');
    seen = true;
    path.push(name.slice(name.indexOf(':') + 1));
    texts.push('');
    visitor.open?.(path, attributes);
  });
  const addText = (piece: string): void => {
    const last = texts.length - 1;
    const before = texts[last];
    if (before !== undefined && before.length < xmlLimits.textCharsMax)
      texts[last] = before + piece.slice(0, xmlLimits.textCharsMax - before.length);
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    visitor.close(path, (texts.pop() ?? '').trim());
    path.pop();
  });
  try {
    parser.write(text).close();
  } catch (thrown) {
    if (thrown instanceof Stop) return thrown.outcome;
    throw thrown;
  }
  return seen && path.length === 0 ? 'whole' : 'unreadable';
}
