export { type AgentOptions, type AgentSource, type Enrollment, runAgent } from './main.ts';
export type { RegistryScope } from './report/registry-inventory.ts';
