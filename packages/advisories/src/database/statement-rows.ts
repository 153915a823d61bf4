import type { DatabaseSync } from 'node:sqlite';
import { Fault, VEX_STATUSES, type VexProduct, type VexStatement, vendorProductKey } from '@hullcheck/core';
import * as z from 'zod';
import type { Feed } from '../feeds/feed.ts';

/**
 * All statements of one feed on one product. Documents and lists of parts stand once: a vendor names the same forty binary
 * packages in a thousand statements. Authors' notes are prose and are not kept; the justification is the reason.
 */
const productBody = z.object({
  /** Documents. */
  d: z.array(z.string()),
  /** Lists of parts, each part by its names. */
  l: z.array(z.array(z.array(z.string()))),
  /** Justifications. */
  j: z.array(z.string()),
  /** Vulnerability, names of the product, list of parts, status, justification, date, document, place; -1: none. */
  s: z.array(
    z.tuple([
      z.array(z.string()),
      z.array(z.string()),
      z.number().int(),
      z.number().int(),
      z.number().int(),
      z.string().nullable(),
      z.number().int(),
      z.string(),
    ]),
  ),
});

/** Statements of one feed until they are written, since a row holds all that is said of a product. */
export class StatementRows {
  readonly #products = new Map<string, ProductRow>();
  readonly #feed: Pick<Feed, 'id' | 'answersFor'>;

  constructor(feed: Pick<Feed, 'id' | 'answersFor'>) {
    this.#feed = feed;
  }

  add(statement: VexStatement): void {
    for (const product of statement.products) {
      for (const key of new Set(product.names.map(vendorProductKey))) {
        if (key === undefined) continue;
        // Nobody would ever ask for it: who looks for statements asks for vendors' products.
        if (this.#feed.answersFor?.(key) !== true)
          throw new Fault('internal', `${this.#feed.id} does not answer for ${key}`);
        const row = this.#products.get(key) ?? new ProductRow();
        this.#products.set(key, row);
        row.add(statement, product);
      }
    }
  }

  write(connection: DatabaseSync, feed: number): void {
    if (this.#products.size === 0) return;
    const insert = connection.prepare('insert into statements values (?, ?, ?)');
    for (const key of [...this.#products.keys()].sort()) insert.run(key, feed, this.#products.get(key)?.text() ?? '');
    this.#products.clear();
  }
}

class ProductRow {
  readonly #documents = new Numbered();
  readonly #lists = new Numbered();
  readonly #justifications = new Numbered();
  readonly #statements: z.infer<typeof productBody>['s'] = [];

  add({ vulnerability, status, justification, at, source, place }: VexStatement, { names, parts }: VexProduct): void {
    this.#statements.push([
      [...vulnerability],
      [...names],
      parts === null ? -1 : this.#lists.of(JSON.stringify(parts)),
      VEX_STATUSES.indexOf(status),
      justification === null ? -1 : this.#justifications.of(justification),
      at,
      this.#documents.of(source),
      place,
    ]);
  }

  text(): string {
    return JSON.stringify({
      d: this.#documents.list(),
      l: this.#lists.list().map((list): unknown => JSON.parse(list)),
      j: this.#justifications.list(),
      s: this.#statements,
    });
  }
}

class Numbered {
  readonly #numbers = new Map<string, number>();

  of(text: string): number {
    const known = this.#numbers.get(text) ?? this.#numbers.size;
    this.#numbers.set(text, known);
    return known;
  }

  list(): readonly string[] {
    return [...this.#numbers.keys()];
  }
}

/** What {@link StatementRows} wrote. The source of a statement is its feed and its document. */
export function readStatements(feed: string, text: string): readonly VexStatement[] {
  const { d: documents, l: lists, j: justifications, s: statements } = productBody.parse(JSON.parse(text));
  return statements.map(([vulnerability, names, list, status, justification, at, document, place]) => ({
    vulnerability,
    // A list that is missing restricts to nothing, so that a damaged row can answer no more than it says.
    products: [{ names, parts: list === -1 ? null : (lists[list] ?? []) }],
    status: VEX_STATUSES[status] ?? 'under_investigation',
    justification: justifications[justification] ?? null,
    note: null,
    at,
    source: `${feed} ${documents[document] ?? ''}`,
    place,
  }));
}
