import { presentAsIs } from '../present.ts';
import type { RegistryVendor } from '../vendor.ts';
import { noListing } from '../vendor-api.ts';

/**
 * Red Hat's own registries: registry.redhat.io with a registry service account or a customer's login,
 * registry.access.redhat.com with none (https://access.redhat.com/RegistryAuthentication). Neither gives a list.
 */
export const redHat: RegistryVendor = {
  id: 'red-hat',
  displayName: 'Red Hat',
  accepts: ['basic'],
  present: presentAsIs,
  listRepositories: ({ base }) => ({
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.reject(noListing('Red Hat gives no list of its repositories', base.host)),
    }),
  }),
  listTagDates: null,
  advice: {
    CREDENTIALS_REFUSED:
      'Use a registry service account: its name is number|name, its token the password; registry.access.redhat.com needs none.',
    NAME_UNKNOWN: 'Check the name in the Red Hat Ecosystem Catalog, as ubi9/ubi-minimal.',
  },
};
