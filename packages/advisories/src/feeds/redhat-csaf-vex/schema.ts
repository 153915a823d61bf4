import * as z from 'zod';

/** The parts of a CSAF 2.0 VEX document that say who is affected. https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html */

const NAME_MAX = 2000;
/** Product ids of one status; the largest documents, of kernels, name half a million. */
const PRODUCTS_MAX = 2_000_000;

const productId = z.string().max(NAME_MAX);
const productIds = z.array(productId).max(PRODUCTS_MAX);

export const vexDocument = z.object({
  document: z.object({
    tracking: z.object({
      id: z.string().max(200),
      status: z.string().max(40).default(''),
      initial_release_date: z.string().nullish(),
      current_release_date: z.string().nullish(),
    }),
  }),
  product_tree: z
    .object({
      /** Nested; read by hand with a bound on the depth. */
      branches: z.array(z.unknown()).default([]),
      relationships: z
        .array(
          z.object({
            full_product_name: z.object({ product_id: productId }),
            product_reference: productId,
            relates_to_product_reference: productId,
          }),
        )
        .max(PRODUCTS_MAX)
        .default([]),
    })
    .optional(),
  vulnerabilities: z
    .array(
      z.object({
        cve: z.string().max(40).optional(),
        cwe: z.object({ id: z.string().max(40) }).nullish(),
        release_date: z.string().nullish(),
        product_status: z
          .object({
            fixed: productIds.default([]),
            known_affected: productIds.default([]),
            known_not_affected: productIds.default([]),
            under_investigation: productIds.default([]),
          })
          .optional(),
        remediations: z
          .array(z.object({ category: z.string(), url: z.string().nullish(), product_ids: productIds.default([]) }))
          .default([]),
        scores: z
          .array(
            z.object({
              cvss_v2: z.object({ vectorString: z.string().max(500) }).nullish(),
              cvss_v3: z.object({ vectorString: z.string().max(500) }).nullish(),
              cvss_v4: z.object({ vectorString: z.string().max(500) }).nullish(),
            }),
          )
          .default([]),
        threats: z
          .array(
            z.object({ category: z.string(), details: z.string().default(''), product_ids: productIds.default([]) }),
          )
          .default([]),
      }),
    )
    .max(100)
    .default([]),
});
export type VexDocument = z.infer<typeof vexDocument>;
export type VexVulnerability = VexDocument['vulnerabilities'][number];

/** One branch of the product tree; its own branches are read by the same schema. */
export const vexBranch = z.object({
  branches: z.array(z.unknown()).default([]),
  product: z
    .object({
      product_id: productId,
      product_identification_helper: z
        .object({ cpe: z.string().max(NAME_MAX).optional(), purl: z.string().max(NAME_MAX).optional() })
        .optional(),
    })
    .optional(),
});
