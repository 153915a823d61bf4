import type { LeverageItem } from '@hullcheck/contract';
import { compareVersions, SYSTEM_PACKAGE_TYPES, schemeOfType } from '@hullcheck/core';
import type { Database, Transaction } from '../store/database.ts';
import {
  claimLeverage,
  countBaseChange,
  countRebuilds,
  type Leverage,
  listFixable,
  listFixedVersions,
  listScopeIds,
  type UpdateKey,
  writeLeverage,
} from '../store/leverage.ts';
import { type BaseRow, listFilledLayers, listFlaws, listSuccessors, listUsedBases } from '../store/lineage.ts';
import { countUpdates } from '../store/update-leverage.ts';
import { leverageLimits } from './limits.ts';
import { chooseSuccessor } from './lineage.ts';

/**
 * Counts what to do first, where it is time: for each scope the package updates, the bases and the images whose change would
 * take most risk off most running containers. Each is counted by itself; what two of them clear, both count.
 */
export async function refreshLeverage(database: Database, now: () => number): Promise<void> {
  for (const scopeId of await listScopeIds(database)) {
    await database.write(async (transaction) => {
      const { everySeconds, share } = leverageLimits;
      if (!(await claimLeverage(transaction, scopeId, everySeconds, share))) return;
      const startMs = now();
      const items = [
        ...(await updates(transaction, scopeId)),
        ...(await bases(transaction, scopeId)),
        ...(await rebuilds(transaction, scopeId)),
      ];
      const ranked = items
        .sort((a, b) => b.riskRunning - a.riskRunning || b.risk - a.risk || (a.key < b.key ? -1 : 1))
        .slice(0, leverageLimits.keptMax);
      await writeLeverage(transaction, scopeId, ranked, now() - startMs);
    });
  }
}

async function updates(transaction: Transaction, scopeId: string): Promise<LeverageItem[]> {
  const rows = await countUpdates(transaction, scopeId, leverageLimits.updatesMax);
  const keyOf = (key: UpdateKey) => JSON.stringify([key.type, key.name, key.distribution, key.release]);
  const fixed = Map.groupBy(await listFixedVersions(transaction, rows), keyOf);
  return rows.map((row) => {
    const versions = (fixed.get(keyOf(row)) ?? []).map(({ fixedIn }) => fixedIn);
    return {
      kind: 'update',
      key: `update ${keyOf(row)}`,
      package: {
        type: row.type,
        name: row.name,
        distribution: row.distribution === null ? null : `${row.distribution} ${row.release ?? ''}`.trim(),
        to: highest(row.type, versions),
      },
      ...figures(row),
    };
  });
}

/** The version that ends all of it; null where the versions have no common order, as those of several major lines may. */
function highest(type: string, versions: readonly string[]): string | null {
  const scheme = schemeOfType(type);
  let best: string | undefined;
  for (const version of versions) {
    if (best === undefined) best = version;
    else {
      const order = compareVersions(scheme, version, best);
      if (order === undefined) return null;
      if (order === 1) best = version;
    }
  }
  return best ?? null;
}

async function bases(transaction: Transaction, scopeId: string): Promise<LeverageItem[]> {
  const view = { scopes: [scopeId] };
  const used = await listUsedBases(transaction, view, leverageLimits.basesMax);
  const successors = await listSuccessors(
    transaction,
    view,
    used.map(({ id }) => id),
  );
  const items: LeverageItem[] = [];
  for (const base of used) {
    const successor = chooseSuccessor(base, successors);
    const isKnown = successor?.assessed === true && successor.imageId !== null;
    const groups = isKnown
      ? await goneWith(transaction, base, successor.imageId ?? '')
      : await listFixable(transaction, base.imageId);
    if (groups.length === 0) continue;
    const layers = (await listFilledLayers(transaction, base.imageId)).slice(0, base.depth);
    const counted = await countBaseChange(transaction, scopeId, base.id, layers, groups);
    if (counted === undefined) continue;
    const ref = { image: base.present ? base.imageId : null, name: base.name };
    const filter = base.imageId;
    items.push(
      isKnown
        ? {
            kind: 'rebase',
            key: `rebase ${base.id}`,
            base: ref,
            filter,
            successor: {
              image: successor.imageId,
              name: `${successor.registry}/${successor.repository}:${successor.tag}`,
            },
            ...figures(counted),
          }
        : { kind: 'refresh-base', key: `refresh-base ${base.id}`, base: ref, filter, ...figures(counted) },
    );
  }
  return items;
}

/** Flaws of the base that its successor does not have. */
async function goneWith(transaction: Transaction, base: BaseRow, successorImage: string): Promise<readonly number[]> {
  const flaws = await listFlaws(transaction, [base.imageId, successorImage]);
  const still = new Set((flaws.get(successorImage) ?? []).map(({ groupId }) => groupId));
  return [...new Set((flaws.get(base.imageId) ?? []).map(({ groupId }) => groupId))].filter((id) => !still.has(id));
}

async function rebuilds(transaction: Transaction, scopeId: string): Promise<LeverageItem[]> {
  const rows = await countRebuilds(transaction, scopeId, SYSTEM_PACKAGE_TYPES, leverageLimits.rebuildsMax);
  return rows.map((row) => ({
    kind: 'rebuild',
    key: `rebuild ${row.imageId}`,
    image: { id: row.imageId, name: row.name },
    ...figures(row),
  }));
}

function figures({ images, running, findings, risk, riskRunning, worst }: Leverage): Leverage {
  return { images, running, findings, risk, riskRunning, worst };
}
