import { z } from 'zod';
import { RegistryFault } from '../../fault.ts';
import { noDates, walkTagDates } from '../tag-dates.ts';
import type { TagDate, VendorContext } from '../vendor.ts';
import { fetchApiJson } from '../vendor-api.ts';

/** A project's registry holds images of the project's own path and of up to two names below it. */
const PROJECTS = ['p0', 'p1', 'p2'] as const;

const Errors = z.array(z.unknown()).min(1);
const Project = z
  .object({ containerRepositories: z.object({ nodes: z.array(z.object({ id: z.string(), path: z.string() })) }) })
  .nullish();
const Found = z.object({
  data: z.object({ p0: Project, p1: Project, p2: Project }).nullish(),
  errors: Errors.nullish(),
});
const Tags = z.object({
  data: z
    .object({
      containerRepository: z
        .object({
          tags: z.object({
            nodes: z.array(
              z
                .object({
                  name: z.string(),
                  publishedAt: z.string().nullish(),
                  createdAt: z.string().nullish(),
                })
                .nullable(),
            ),
            pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullish() }),
          }),
        })
        .nullish(),
    })
    .nullish(),
  errors: Errors.nullish(),
});

const FIND = `query(${PROJECTS.map((name) => `$${name}: ID!`).join(', ')}) {
${PROJECTS.map((name) => `  ${name}: project(fullPath: $${name}) { containerRepositories(first: 100) { nodes { id path } } }`).join('\n')}
}`;
const LIST = `query($id: ContainerRepositoryID!, $after: String) {
  containerRepository(id: $id) {
    tags(first: 100, after: $after, sort: PUBLISHED_AT_DESC) {
      nodes { name publishedAt createdAt }
      pageInfo { hasNextPage endCursor }
    }
  }
}`;

/**
 * When tags were pushed, by GitLab's GraphQL API (https://docs.gitlab.com/api/graphql/reference/#containerrepositorytag): its REST
 * API says it in a request for each tag. A registry without a metadata database knows only when an image was made, and no order.
 */
export async function* listTagDates(
  repository: string,
  api: URL,
  token: string,
  context: VendorContext,
  signal: AbortSignal,
): AsyncGenerator<TagDate, void, void> {
  async function ask<T>(query: string, variables: object, schema: z.ZodType<T & { errors?: unknown }>): Promise<T> {
    const request = {
      method: 'POST',
      url: new URL('api/graphql', api),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
      what: repository,
    } as const;
    const { value } = await fetchApiJson(request, schema, context, signal);
    // A query that an older GitLab does not understand is answered with 200 and errors.
    if (value.errors != null)
      throw new RegistryFault('unsupported', 'ANSWER_INVALID', 'this GitLab does not say when tags were pushed', {
        place: api.host,
      });
    return value;
  }

  const parts = repository.split('/');
  const paths = PROJECTS.map((_, index) => parts.slice(0, Math.max(parts.length - index, 1)).join('/'));
  const { data: found } = await ask(FIND, Object.fromEntries(PROJECTS.map((name, at) => [name, paths[at]])), Found);
  const id = PROJECTS.flatMap((name) => found?.[name]?.containerRepositories.nodes ?? []).find(
    ({ path }) => path === repository,
  )?.id;
  if (id === undefined) throw noDates('GitLab shows this repository in none of its projects', api.host);
  const fetchPage = async (after: string) => {
    const { data } = await ask(LIST, { id, after: after === '' ? null : after }, Tags);
    const tags = data?.containerRepository?.tags;
    if (tags === undefined) throw noDates('GitLab shows this repository no more', api.host);
    const items = tags.nodes.flatMap((tag) =>
      tag === null
        ? []
        : [{ name: tag.name, pushedAt: tag.publishedAt ?? tag.createdAt, isOrdered: tag.publishedAt != null }],
    );
    return { items, next: tags.pageInfo.hasNextPage ? (tags.pageInfo.endCursor ?? undefined) : undefined };
  };
  yield* walkTagDates(api.host, '', fetchPage);
}
