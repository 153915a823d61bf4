/*
 * Watches memory and CPU of the reading process from inside, where its parent can't (no /proc, no shell to set limits
 * with). A thread of its own, because the others may be inside a parser; it never looks at foreign bytes.
 */
import { writeSync } from 'node:fs';
import { readerLimits } from '../limits.ts';
import { exceededLimit } from './process-usage.ts';
import { overNotice } from './protocol.ts';

const STANDARD_ERROR = 2;
const parent = process.ppid;

setInterval(() => {
  const { user, system } = process.cpuUsage();
  const over = exceededLimit({ rssBytes: process.memoryUsage.rss(), cpuMs: (user + system) / 1000 });
  if (over !== undefined) writeSync(STANDARD_ERROR, overNotice(over));
  // Another parent: ours is gone, and with it whoever would have ended a parser that never does.
  if (over !== undefined || process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
}, readerLimits.watchEveryMs);
