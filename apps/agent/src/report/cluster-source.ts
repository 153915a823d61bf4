export { connectCluster, createClusterClient, fileAccess, podAccess } from '@hullcheck/runtimes';
