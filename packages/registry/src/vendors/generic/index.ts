import { listCatalog } from '../../listing.ts';
import { presentAsIs } from '../present.ts';
import type { RegistryVendor } from '../vendor.ts';

/** Any server of the distribution API; lists by `_catalog`. */
export const generic: RegistryVendor = {
  id: 'generic',
  displayName: 'Distribution registry',
  accepts: ['basic', 'bearer', 'identity-token'],
  present: presentAsIs,
  async *listRepositories({ base, requester }, signal) {
    for await (const name of listCatalog(base, requester, signal)) yield { name };
  },
  listTagDates: null,
  advice: {},
};
