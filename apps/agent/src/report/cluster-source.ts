export { connectCluster, createClusterClient, fileAccess, podAccess } from '@hullcheck/runtimes';
export { createClusterTeller } from './tell-cluster.ts';
