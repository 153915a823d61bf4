export { runConsole } from './main.ts';
export type { ConsoleOptions, ConsoleRole, RunningConsole, SampleArchive } from './options.ts';
