export { type AgentOptions, type AgentSource, type Enrollment, runAgent } from './main.ts';
