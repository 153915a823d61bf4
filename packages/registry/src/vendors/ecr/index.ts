import { Fault } from '@hullcheck/core';
import { describeRepositories, describeTagDates, type EcrApi, presentAwsToken } from '../../aws/ecr-api.ts';
import { type AwsCredentials, awsDomain, isOfAws } from '../../aws/session.ts';
import { presentAsIs } from '../present.ts';
import { noDates } from '../tag-dates.ts';
import type { RegistryVendor, VendorContext } from '../vendor.ts';
import { noListing } from '../vendor-api.ts';

/** `<account>.dkr.ecr[-fips].<region>.amazonaws.com[.cn]`, or the dual-stack `<account>.dkr-ecr[-fips].<region>.on.aws`. */
const HOST =
  /^(\d{12})\.dkr[.-]ecr(-fips)?\.([a-z]{2}(?:-[a-z]+)+-\d)\.(?:amazonaws\.com(?:\.cn)?|on\.aws|on\.amazonwebservices\.com\.cn)$/;
const REGION = /^[a-z]{2}(?:-[a-z]+)+-\d$/;

/**
 * Amazon ECR, private registries. The key of a user (or a role that it takes on) signs the request for a token of twelve hours
 * (https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html).
 */
export const ecr: RegistryVendor = {
  id: 'ecr',
  displayName: 'Amazon ECR',
  accepts: ['aws-key', 'machine', 'basic'],
  async present(credentials, context, signal) {
    if (!isOfAws(credentials)) return await presentAsIs(credentials);
    return await presentAwsToken(apiOf(credentials, context).api, credentials, context, signal);
  },
  async *listRepositories(context, signal) {
    const { credentials } = context;
    if (!isOfAws(credentials)) {
      throw noListing('Amazon ECR lists repositories only for an access key or a role', context.base.host);
    }
    const { api, account } = apiOf(credentials, context);
    const toName = ({ repositoryName }: { readonly repositoryName: string }) => repositoryName;
    yield* describeRepositories(api, credentials, account, toName, context, signal);
  },
  listTagDates(repository, context, signal) {
    const { credentials } = context;
    if (!isOfAws(credentials))
      throw noDates('Amazon ECR says only to an access key when images were pushed', context.base.host);
    const { api, account } = apiOf(credentials, context);
    return describeTagDates(api, credentials, { registryId: account, name: repository }, context, signal);
  },
  advice: {
    CREDENTIALS_REFUSED:
      'Check the access key id and its secret in IAM; a temporary key needs its session token and ends.',
    PERMISSION_MISSING:
      'The key needs the policy AmazonEC2ContainerRegistryReadOnly; for a role also sts:AssumeRole, and the trust policy with the external id.',
    NETWORK: 'Check the account number and the region in the address.',
    NAME_UNKNOWN: 'Check account and region: a repository lives in one region.',
  },
};

/** Account and region stand in the registry's address; a region that the user gave counts before it. */
function apiOf(
  who: AwsCredentials,
  context: VendorContext,
): { readonly api: EcrApi; readonly account: string | undefined } {
  const found = HOST.exec(context.base.hostname);
  const region = who.region ?? found?.[3];
  if (region === undefined || !REGION.test(region)) {
    throw new Fault('invalid-input', 'the region of this registry is not known', {
      place: context.base.host,
      hint: 'Write the address as 123456789012.dkr.ecr.eu-west-1.amazonaws.com, or give the region.',
    });
  }
  const host = found?.[2] === undefined ? 'api.ecr' : 'ecr-fips';
  return {
    api: {
      service: 'ecr',
      region,
      url: context.apiBase ?? new URL(`https://${host}.${region}.${awsDomain(region)}/`),
      target: 'AmazonEC2ContainerRegistry_V20150921',
      isOfCloud: HOST,
    },
    account: found?.[1],
  };
}
