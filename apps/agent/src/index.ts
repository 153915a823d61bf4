export { type AgentOptions, runAgent } from './main.ts';
