import { describeRepositories, describeTagDates, type EcrApi, presentAwsToken } from '../../aws/ecr-api.ts';
import { isOfAws } from '../../aws/session.ts';
import { presentAsIs } from '../present.ts';
import { noDates } from '../tag-dates.ts';
import type { RegistryVendor, VendorContext } from '../vendor.ts';
import { noListing } from '../vendor-api.ts';

/** There is one, whatever region the key is for. */
const REGION = 'us-east-1';
/** How long the account's own list is believed, for the dates of all that it has. */
const LIST_MS = 5 * 60_000;

/**
 * Amazon ECR Public: everything can be pulled by anybody, and only one's own repositories can be listed
 * (https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_DescribeRepositories.html).
 */
export const ecrPublic: RegistryVendor = {
  id: 'ecr-public',
  displayName: 'Amazon ECR Public',
  accepts: ['aws-key', 'machine', 'basic'],
  async present(credentials, context, signal) {
    if (!isOfAws(credentials)) return await presentAsIs(credentials);
    return await presentAwsToken(apiOf(context), { ...credentials, region: REGION }, context, signal);
  },
  async *listRepositories(context, signal) {
    const { credentials, base } = context;
    if (!isOfAws(credentials)) {
      throw noListing('Amazon ECR Public lists only the repositories of your own registry, with a key', base.host);
    }
    yield* describeRepositories(apiOf(context), credentials, undefined, toName, context, signal);
  },
  async *listTagDates(repository, context, signal) {
    const { credentials, base } = context;
    const mine = 'Amazon ECR Public says only of your own registry when images were pushed, with a key';
    if (!isOfAws(credentials)) throw noDates(mine, base.host);
    const api = apiOf(context);
    // Another's `<alias>/nginx` is no repository of the key's account, which may have an `nginx` all the same.
    const own = await context.keep('repositories', async () => {
      const names = new Set<string>();
      for await (const { name } of describeRepositories(api, credentials, undefined, toName, context, signal))
        names.add(name);
      return { value: names, expiresAtMs: context.clock.now() + LIST_MS };
    });
    if (!own.has(repository)) throw noDates(mine, base.host);
    const named = { registryId: undefined, name: repository.slice(repository.indexOf('/') + 1) };
    yield* describeTagDates(api, credentials, named, context, signal);
  },
  advice: {
    PERMISSION_MISSING:
      'The key needs ecr-public:GetAuthorizationToken, ecr-public:DescribeRepositories and sts:GetServiceBearerToken.',
    RATE_LIMITED: 'Those without a key may pull little: give one of any AWS account.',
  },
};

function apiOf(context: VendorContext): EcrApi {
  return {
    service: 'ecr-public',
    region: REGION,
    url: context.apiBase ?? new URL(`https://api.ecr-public.${REGION}.amazonaws.com/`),
    target: 'SpencerFrontendService',
    isOfCloud: /^public\.ecr\.aws$/,
  };
}

/** The alias of the registry stands in the URI alone: `public.ecr.aws/<alias>/<name>`. */
function toName({ repositoryUri }: { readonly repositoryUri?: string | undefined }): string | undefined {
  return repositoryUri?.replace(/^[^/]*\//, '');
}
