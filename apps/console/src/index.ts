export type { ConsoleOptions, ConsoleRole, RunningConsole, SampleArchive } from './options.ts';
