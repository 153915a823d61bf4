export { type AgentOptions, type AgentSource, runAgent } from './main.ts';
