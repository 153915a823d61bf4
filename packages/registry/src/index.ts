export { type Challenge, chooseChallenge, parseChallenges } from './challenge.ts';
export {
  createRegistryClient,
  type RegistryClient,
  type RegistryClientOptions,
} from './client.ts';
export {
  type ClientCertificate,
  type ClientCertificateFacts,
  certificateChain,
  checkClientCertificate,
  clientCertificateFacts,
} from './client-certificate.ts';
export { type Clock, systemClock } from './clock.ts';
export type { ConnectionOptions, RepositoryCredentials } from './connection.ts';
export type {
  AwsKey,
  Credentials,
  EntraApplication,
  GoogleKey,
  MachineCredentials,
  RegistryCredentials,
} from './credentials.ts';
export { type DockerCredentialOptions, readDockerCredentials } from './docker-credentials.ts';
export {
  type Address,
  addressRule,
  type EgressPolicy,
  findPrivateAddresses,
  isLoopbackHost,
  isPrivateAddress,
  type Resolve,
} from './egress.ts';
export { RegistryFault, type RegistryReason } from './fault.ts';
export { createMachineIdentity, type MachineCloud, type MachineIdentity, machineClouds } from './machine/identity.ts';
export { type Manifest, type ManifestHead, manifestAccept } from './manifest.ts';
export { chooseNewestTags, type NewestTags, newestTags } from './newest-tags.ts';
export { toFilter, toPatternTest } from './pattern.ts';
export { type ConnectionReport, type ConnectionStatus, probeConnection, statusOf } from './probe.ts';
export { type ProxyChoice, parseProxySettings } from './proxy.ts';
export { createRegistryWriter, type PushedBlob, type RegistryWriter } from './push.ts';
export {
  canonicalHost,
  dockerHub,
  formatReference,
  type ImageReference,
  isRepositoryName,
  isTag,
  parseReference,
} from './reference.ts';
export type { Referrer } from './referrers.ts';
export type { RateLimit } from './requester.ts';
export {
  type Answer,
  createTransport,
  type Exchange,
  type TlsOptions,
  type Transport,
  type TransportOptions,
} from './transport.ts';
export { findVendor, vendors } from './vendors/catalogue.ts';
export type { RegistryVendor, Repository, TagDate, VendorContext } from './vendors/vendor.ts';
