import { describeRepositories, type EcrApi, presentAwsToken } from '../../aws/ecr-api.ts';
import { presentAsIs } from '../present.ts';
import type { RegistryVendor, VendorContext } from '../vendor.ts';
import { noListing } from '../vendor-api.ts';

/** There is one, whatever region the key is for. */
const REGION = 'us-east-1';

/**
 * Amazon ECR Public: everything can be pulled by anybody, and only one's own repositories can be listed
 * (https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_DescribeRepositories.html).
 */
export const ecrPublic: RegistryVendor = {
  id: 'ecr-public',
  displayName: 'Amazon ECR Public',
  accepts: ['aws-key', 'basic'],
  async present(credentials, context, signal) {
    if (credentials.kind !== 'aws-key') return await presentAsIs(credentials);
    return await presentAwsToken(apiOf(context), { ...credentials, region: REGION }, context, signal);
  },
  async *listRepositories(context, signal) {
    const { credentials, base } = context;
    if (credentials?.kind !== 'aws-key') {
      throw noListing('Amazon ECR Public lists only the repositories of your own registry, with a key', base.host);
    }
    // The alias of the registry stands in the URI alone: `public.ecr.aws/<alias>/<name>`.
    const toName = ({ repositoryUri }: { readonly repositoryUri?: string | undefined }) =>
      repositoryUri?.replace(/^[^/]*\//, '');
    yield* describeRepositories(apiOf(context), credentials, undefined, toName, context, signal);
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
  };
}
