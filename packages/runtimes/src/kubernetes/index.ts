export { type ClusterAccess, fileAccess, podAccess } from './access.ts';
export { type ClusterApi, connectCluster } from './api.ts';
export { type ClusterInfo, type ClusterPods, createClusterPods, readClusterInfo } from './cluster.ts';
export { type ClusterClient, createClusterClient } from './cluster-client.ts';
export { type PodImageId, parsePodImageId } from './image-id.ts';
export type { Owner, Pod, PodContainer } from './pods.ts';
export { type IssuerKey, readTokenIssuer, type TokenIssuer } from './token-issuer.ts';
