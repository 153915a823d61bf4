import type { Inventory, Package } from '@hullcheck/core';
import { z } from 'zod';
import { Problem } from './layer-report-schema.ts';

const text = z.string();
const texts = z.array(text);

const PackageShape: z.ZodType<Package> = z.object({
  purl: text,
  type: text,
  name: text,
  version: text,
  architecture: text.nullable(),
  source: z.object({ name: text, version: text }).nullable(),
  distribution: z.object({ id: text, release: text }).nullable(),
  licenses: texts,
  layer: text.nullable(),
  paths: texts,
  direct: z.boolean().nullable(),
  ownedBy: text.nullable(),
  analyzer: text,
  module: text.exactOptional(),
  contentSets: texts.exactOptional(),
  cpes: texts.exactOptional(),
});

const InventoryShape: z.ZodType<Inventory> = z.object({
  operatingSystem: z
    .object({ id: text, version: text, name: text, idLike: texts, codename: text.nullable() })
    .nullable(),
  packages: z.array(PackageShape),
  problems: z.array(Problem),
  relations: z.array(z.object({ from: text, to: text })).exactOptional(),
});

/** What the reading process says that a document states; undefined when its shape is wrong. */
export function parseInventory(value: unknown): Inventory | undefined {
  const result = InventoryShape.safeParse(value);
  return result.success ? result.data : undefined;
}
