import { Fault } from '@hullcheck/core';
import { ignoreLimits } from '../limits.ts';

/** One entry of a list, with the line that it starts on. */
export interface YamlEntry {
  readonly line: number;
  readonly fields: { readonly [key: string]: unknown };
  /** Line of a field; that of the entry where it has none. */
  lineOf(key: string): number;
}

export interface YamlFile {
  readonly path: string;
  has(list: string): boolean;
  /** The mappings of a list at the top; none where the list is absent or empty. Fault `invalid-input` names the line. */
  entries(list: string): readonly YamlEntry[];
}

/** A YAML file of settings or rules. Fault `invalid-input` names file and line. */
export async function parseYamlFile(text: string, path: string): Promise<YamlFile> {
  const { isMap, isScalar, isSeq, LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number | undefined) => (offset === undefined ? 1 : lines.linePos(offset).line);
  const [broken] = document.errors;
  if (broken !== undefined) throw fault(path, lineAt(broken.pos[0]), `not YAML: ${broken.message.split('\n')[0]}`);
  const top = document.contents;
  if (top !== null && !isMap(top)) throw fault(path, lineAt(top.range?.[0]), 'must hold lists by name');

  return {
    path,
    has: (list) => top?.has(list) === true,
    entries(list) {
      const node = top === null ? undefined : top.get(list, true);
      if (node === undefined || node === null || (!isSeq(node) && node.toJSON() === null)) return [];
      if (!isSeq(node)) throw fault(path, lineAt(node.range?.[0]), `${list} must be a list`);
      if (node.items.length > ignoreLimits.rulesMax)
        throw fault(path, lineAt(node.range?.[0]), `${list} has more than ${ignoreLimits.rulesMax} entries`);
      return node.items.map((item) => {
        const range = isMap(item) ? item.range : undefined;
        const line = lineAt(range?.[0] ?? node.range?.[0]);
        if (!isMap(item)) throw fault(path, line, `each entry of ${list} must have named fields`);
        const fields: unknown = item.toJS(document, { maxAliasCount: 100 });
        const places = new Map(
          item.items.map(({ key }) => {
            return isScalar(key) ? ([String(key.value), lineAt(key.range?.[0])] as const) : (['', line] as const);
          }),
        );
        return { line, fields: isFields(fields) ? fields : {}, lineOf: (key) => places.get(key) ?? line };
      });
    },
  };
}

export function fault(path: string, line: number, problem: string): Fault {
  return new Fault('invalid-input', `${path}:${line}: ${problem}`, { place: path });
}

function isFields(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
