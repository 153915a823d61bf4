export { runConsole } from './main.ts';
export type { AgentProgram, ConsoleOptions, ConsoleRole, RunningConsole, SampleArchive } from './options.ts';
