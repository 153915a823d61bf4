import { z } from 'zod';
import { parseJson } from '../body.ts';
import { RegistryFault } from '../fault.ts';
import { walkPages } from '../listing.ts';
import { isRepositoryName } from '../reference.ts';
import { walkTagDates } from '../vendors/tag-dates.ts';
import type { Presented, Repository, TagDate, VendorContext } from '../vendors/vendor.ts';
import { type AwsCredentials, callAws, signingKey } from './session.ts';
import type { SigningScope } from './signature-v4.ts';

/** What ECR and ECR Public have in common: JSON 1.1 calls, a token of twelve hours, one list of repositories. */
export interface EcrApi extends SigningScope {
  readonly url: URL;
  /** Before the name of the operation in `X-Amz-Target`. */
  readonly target: string;
  /** Host names of such registries: no other gets anything by the machine's identity. */
  readonly isOfCloud: RegExp;
}

const Data = z.object({
  authorizationToken: z.string().max(64 * 1024),
  /** Epoch seconds. */
  expiresAt: z.number().positive().max(1e11),
});
/** ECR answers a list of one, ECR Public the one. */
const Token = z.object({ authorizationData: z.union([Data, z.array(Data).min(1)]) });
const RepositoryPage = z.object({
  repositories: z.array(
    z.object({ repositoryName: z.string(), repositoryUri: z.string().optional().catch(undefined) }),
  ),
  nextToken: z.string().nullish().catch(null),
});

const ImagePage = z.object({
  imageDetails: z.array(
    z.object({
      imageTags: z.array(z.string()).nullish(),
      /** Epoch seconds. */
      imagePushedAt: z.number().nullish().catch(null),
    }),
  ),
  nextToken: z.string().nullish().catch(null),
});

const PAGE_ITEMS = 1000;
const EXPIRY_MARGIN_MS = 30 * 60_000;

/** `Basic AWS:<password>` for the registry, until half an hour before it ends. */
export async function presentAwsToken(
  api: EcrApi,
  who: AwsCredentials,
  context: VendorContext,
  signal: AbortSignal,
): Promise<Presented> {
  const { authorizationData } = await callJson(api, 'GetAuthorizationToken', {}, who, Token, context, signal);
  const data = Array.isArray(authorizationData) ? authorizationData[0] : authorizationData;
  const text = Buffer.from(data?.authorizationToken ?? '', 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (data === undefined || colon <= 0) {
    throw new RegistryFault('unsupported', 'TOKEN_INVALID', 'AWS gave no token for the registry', {
      place: api.url.host,
    });
  }
  return {
    credentials: { kind: 'basic', username: text.slice(0, colon), password: text.slice(colon + 1) },
    expiresAtMs: Math.max(data.expiresAt * 1000 - EXPIRY_MARGIN_MS, context.clock.now() + 60_000),
  };
}

/** All repositories of one registry. `toName` makes the name that `/v2/` takes, or undefined for what it does not. */
export async function* describeRepositories(
  api: EcrApi,
  who: AwsCredentials,
  registryId: string | undefined,
  toName: (repository: z.infer<typeof RepositoryPage>['repositories'][number]) => string | undefined,
  context: VendorContext,
  signal: AbortSignal,
): AsyncGenerator<Repository, void, void> {
  const fetchPage = async (nextToken: string) => {
    const body = {
      ...(registryId === undefined ? {} : { registryId }),
      maxResults: PAGE_ITEMS,
      ...(nextToken === '' ? {} : { nextToken }),
    };
    const page = await callJson(api, 'DescribeRepositories', body, who, RepositoryPage, context, signal);
    const items = page.repositories.flatMap((repository): Repository[] => {
      const name = toName(repository);
      return name !== undefined && isRepositoryName(name) ? [{ name }] : [];
    });
    return { items, next: page.nextToken ?? undefined };
  };
  yield* walkPages(api.url.host, '', fetchPage, ({ name }) => name);
}

/** DescribeImages: images that have tags, in no order, with when each was pushed. */
export function describeTagDates(
  api: EcrApi,
  who: AwsCredentials,
  repository: { readonly registryId: string | undefined; readonly name: string },
  context: VendorContext,
  signal: AbortSignal,
): AsyncIterable<TagDate> {
  const { registryId, name: repositoryName } = repository;
  const fetchPage = async (nextToken: string) => {
    const body = {
      ...(registryId === undefined ? {} : { registryId }),
      repositoryName,
      maxResults: PAGE_ITEMS,
      // ECR Public knows no filter.
      ...(api.service === 'ecr' ? { filter: { tagStatus: 'TAGGED' } } : {}),
      ...(nextToken === '' ? {} : { nextToken }),
    };
    const page = await callJson(api, 'DescribeImages', body, who, ImagePage, context, signal);
    const items = page.imageDetails.flatMap(({ imageTags, imagePushedAt }) =>
      (imageTags ?? []).map((name) => ({ name, pushedAt: imagePushedAt == null ? null : imagePushedAt * 1000 })),
    );
    return { items, next: page.nextToken ?? undefined };
  };
  return walkTagDates(api.url.host, '', fetchPage);
}

async function callJson<T>(
  api: EcrApi,
  operation: string,
  input: object,
  who: AwsCredentials,
  schema: z.ZodType<T>,
  context: VendorContext,
  signal: AbortSignal,
): Promise<T> {
  const call = {
    ...api,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `${api.target}.${operation}` },
    body: JSON.stringify(input),
    what: operation,
  };
  const parsed = schema.safeParse(
    parseJson(await callAws(call, await signingKey(who, api.region, api.isOfCloud, context, signal), context, signal)),
  );
  if (parsed.success) return parsed.data;
  throw new RegistryFault('unsupported', 'ANSWER_INVALID', "AWS's API gave an unexpected answer", {
    place: api.url.host,
  });
}
