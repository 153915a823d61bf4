import type { Database } from '../../store/database.ts';
import { findLeverage } from '../../store/leverage.ts';
import { listPackageNames } from '../../store/package-names.ts';
import { listVulnerabilities } from '../../store/vulnerabilities.ts';
import type { Places } from '../../store/where.ts';
import { findWhere } from '../../usecases/where.ts';
import type { Handlers } from '../route-table.ts';
import { toInstant } from './image-rows.ts';

type WhereHandlers = Pick<Handlers, 'vulnerabilities.list' | 'where.get' | 'packages.names' | 'leverage.list'>;

export function whereHandlers({ database }: { readonly database: Database }): WhereHandlers {
  return {
    'vulnerabilities.list': async ({ view, query }) => {
      const page = await listVulnerabilities(database, view, {
        ...query,
        fixable: query.fixable === 'true',
        exploited: query.exploited === 'true',
      });
      return {
        ...page,
        items: page.items.map(({ judgement, hosts, hostsMin, packages, id, fixable, images, running }) => ({
          id,
          fixable,
          images,
          running,
          title: judgement.title,
          severity: judgement.severity,
          rating: judgement.rating,
          cvss: judgement.cvss,
          kev: judgement.kev,
          epss: judgement.epss,
          exploit: judgement.exploit,
          risk: judgement.risk,
          explanation: judgement.explanation,
          published: judgement.published,
          packages: [...packages],
          hosts: { value: hosts ?? hostsMin, exact: hosts !== null },
        })),
      };
    },
    'where.get': async ({ view, query }) => {
      const { versions, undetermined, ...places } = await findWhere(database, view, query);
      return { ...toPlaces(places), versions: [...versions], undetermined };
    },
    'packages.names': async ({ view, query }) => {
      const rows = await listPackageNames(database, view, query.q.trim(), query.limit);
      return { items: [...rows] };
    },
    'leverage.list': async ({ view }) => {
      const { computedAt, items } = await findLeverage(database, view);
      return { computedAt: toInstant(computedAt), items: [...items] };
    },
  };
}

export function toPlaces({ images, repositories, hosts, containers, totals }: Places) {
  return {
    images: images.map((image) => ({ ...image, through: [...image.through] })),
    repositories: [...repositories],
    hosts: [...hosts],
    containers: [...containers],
    totals,
  };
}
