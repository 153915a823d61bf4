import { Fault } from '@hullcheck/core';
import { SaxesParser } from 'saxes';
import { RECORD_BYTES_MAX, XML_DEPTH_MAX, XML_NODES_MAX, XML_TEXT_CHARACTERS_MAX } from './limits.ts';

/** An element with all that stands in it. Names are local ones: prefixes of namespaces are dropped. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** What stood in it outside of other elements, trimmed and cut at a limit that only prose reaches. */
  readonly text: string;
}

interface OpenElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
}

/**
 * The elements of an XML document that `isRecord` chooses by their local name, one at a time, so that a document of any size
 * is read in the memory of its largest record. Records inside records are part of those. Entities of a document type are
 * never expanded (https://cwe.mitre.org/data/definitions/776.html). Fault `feed-invalid` for what is no XML, `truncated`
 * for a document that ends inside its root.
 */
export async function* xmlRecords(
  bytes: AsyncIterable<Uint8Array>,
  place: string,
  isRecord: (name: string) => boolean,
): AsyncGenerator<XmlElement> {
  const reader = new RecordReader(place, isRecord);
  const decoder = new TextDecoder();
  for await (const chunk of bytes) {
    reader.write(decoder.decode(chunk, { stream: true }));
    yield* reader.take();
  }
  reader.end(decoder.decode());
  yield* reader.take();
}

class RecordReader {
  readonly #parser = new SaxesParser();
  readonly #place: string;
  readonly #isRecord: (name: string) => boolean;
  /** From the record inwards. */
  #open: OpenElement[] = [];
  #done: XmlElement[] = [];
  #depth = 0;
  #nodes = 0;
  /** Characters since the last tag: an attribute or a comment without end is held by the parser. */
  #pending = 0;

  constructor(place: string, isRecord: (name: string) => boolean) {
    this.#place = place;
    this.#isRecord = isRecord;
    this.#parser.on('error', (error) => {
      throw new Fault('feed-invalid', `${place} is not well-formed XML`, { cause: error, place });
    });
    this.#parser.on('opentag', ({ name, attributes }) => this.#begin(localName(name), attributes));
    this.#parser.on('closetag', () => this.#finish());
    this.#parser.on('text', (text) => this.#addText(text));
    this.#parser.on('cdata', (text) => this.#addText(text));
  }

  write(text: string): void {
    this.#pending += text.length;
    this.#parser.write(text);
    if (this.#pending > RECORD_BYTES_MAX) throw this.#tooLarge(`a tag above ${RECORD_BYTES_MAX} characters`);
  }

  end(rest: string): void {
    this.#parser.write(rest);
    if (this.#depth > 0) {
      throw new Fault('truncated', `${this.#place} ends before its XML does`, { place: this.#place });
    }
    this.#parser.close();
  }

  take(): readonly XmlElement[] {
    const done = this.#done;
    this.#done = [];
    return done;
  }

  #begin(name: string, attributes: Readonly<Record<string, string>>): void {
    this.#pending = 0;
    this.#depth += 1;
    if (this.#depth > XML_DEPTH_MAX) throw this.#tooLarge(`more than ${XML_DEPTH_MAX} elements in each other`);
    if (this.#open.length === 0) {
      if (!this.#isRecord(name)) return;
      this.#nodes = 0;
    }
    this.#nodes += 1;
    if (this.#nodes > XML_NODES_MAX) throw this.#tooLarge(`a record of more than ${XML_NODES_MAX} elements`);
    const named = Object.entries(attributes).map(([key, value]) => [localName(key), value] as const);
    this.#open.push({ name, attributes: new Map(named), children: [], text: '' });
  }

  #finish(): void {
    this.#pending = 0;
    this.#depth -= 1;
    const closed = this.#open.pop();
    if (closed === undefined) return;
    const element: XmlElement = { ...closed, text: closed.text.trim() };
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#done.push(element);
    else parent.children.push(element);
  }

  #addText(text: string): void {
    const inside = this.#open.at(-1);
    if (inside !== undefined && inside.text.length < XML_TEXT_CHARACTERS_MAX) {
      inside.text += text.slice(0, XML_TEXT_CHARACTERS_MAX - inside.text.length);
    }
  }

  #tooLarge(what: string): Fault {
    return new Fault('limit-exceeded', `${this.#place} has ${what}`, { place: this.#place });
  }
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

/** The children of a name, in their order. */
export function childrenOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

/** The first child of a name. */
export function findChild(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}
