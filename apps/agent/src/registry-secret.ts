export { readDockerCredentials } from '@hullcheck/registry';
