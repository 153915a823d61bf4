import type { AdvisoryStatus, AffectedPackage } from '@hullcheck/core';
import * as z from 'zod';
import { unpackedText } from '../decompression.ts';
import type { Feed, FeedItem } from '../feed.ts';
import { plainAdvisory, skipped } from '../items.ts';
import { firstIssue } from '../records.ts';

const id = 'arch-avg';

const group = z.object({
  name: z.string().regex(/^AVG-\d{1,10}$/),
  packages: z.array(z.string().min(1).max(200)).min(1).max(1000),
  status: z.enum(['Fixed', 'Vulnerable', 'Testing', 'Not affected', 'Unknown']),
  severity: z.string().max(50),
  fixed: z.string().min(1).max(200).nullish(),
  issues: z.array(z.string().max(100)).max(1000),
});

/** Arch Linux' vulnerability groups: flaws, packages and the version that ends them. https://security.archlinux.org/ */
export const archAvg: Feed = {
  id,
  version: 1,
  licence: 'no licence text with the data; facts only',
  redistributable: true,
  mirror: [{ part: id, entry: id, takes: (path) => path.endsWith('all.json'), extent: 'whole' }],
  fetch: (io, previous) =>
    io.download(
      [{ url: 'https://security.archlinux.org/all.json', path: 'all.json', part: id, bytesMax: 64 * 1024 * 1024 }],
      [{ id, extent: 'whole' }],
      previous,
    ),
  async *parse(snapshot, signal) {
    for (const file of snapshot.files) {
      signal.throwIfAborted();
      yield* groupItems(await unpackedText(file), file.part, file.path);
    }
  },
};

function* groupItems(text: string, part: string, place: string): Generator<FeedItem> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    document = undefined;
  }
  if (!Array.isArray(document)) {
    yield skipped(part, place, null, 'not a list of vulnerability groups');
    return;
  }
  for (const [at, value] of document.entries()) {
    const parsed = group.safeParse(value);
    if (!parsed.success) {
      yield skipped(part, place, `[${at}]`, `no group: ${firstIssue(parsed.error)}`);
      continue;
    }
    const { name, packages, issues } = parsed.data;
    const affected = [...new Set(packages)].map((one) => toAffected(one, parsed.data));
    yield {
      kind: 'advisory',
      part,
      advisory: {
        ...plainAdvisory(id, name, affected),
        aliases: [...new Set(issues)].filter((one) => /^CVE-\d{4}-\d{4,}$/.test(one)),
        references: [{ source: 'arch', url: `https://security.archlinux.org/${name}` }],
      },
    };
  }
}

/**
 * `affected` is the version in which the flaw was seen, not the first that has it: everything below the fix is affected, as
 * arch-audit judges too. `Testing` has its fix in a repository that is not yet everyone's.
 */
function toAffected(name: string, { status, severity, fixed }: z.infer<typeof group>): AffectedPackage {
  const known: AdvisoryStatus =
    status === 'Not affected' ? 'not-affected' : status === 'Unknown' ? 'under-investigation' : 'affected';
  return {
    ecosystem: 'arch',
    name,
    nameKind: 'binary',
    scheme: 'alpm',
    ranges: known === 'not-affected' ? [] : [{ introduced: null, fixed: fixed ?? null, lastAffected: null }],
    versions: [],
    expression: null,
    status: known,
    urgency: severity.toLowerCase(),
  };
}
