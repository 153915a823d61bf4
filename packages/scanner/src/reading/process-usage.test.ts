import { describe, expect, it } from 'vitest';
import { readerLimits } from '../limits.ts';
import { exceededLimit, readProcessUsage } from './process-usage.ts';

describe('what a process uses', () => {
  it.skipIf(process.platform !== 'linux')('is what it says of itself', () => {
    const { user, system } = process.cpuUsage();
    const usage = readProcessUsage(process.pid);
    expect(usage?.rssBytes).toBeGreaterThan(process.memoryUsage.rss() / 2);
    expect(usage?.rssBytes).toBeLessThan(process.memoryUsage.rss() * 2);
    // Counted in ticks of 10 ms.
    expect(Math.abs((usage?.cpuMs ?? 0) - (user + system) / 1000)).toBeLessThan(100);
  });

  it('is unknown for a process that does not exist', () => {
    expect(readProcessUsage(2 ** 22 + 1)).toBeUndefined();
  });

  it('exceeds a limit only above it', () => {
    const { rssBytesMax, cpuMs } = readerLimits;
    expect(exceededLimit({ rssBytes: rssBytesMax, cpuMs })).toBeUndefined();
    expect(exceededLimit({ rssBytes: rssBytesMax + 1, cpuMs: 0 })).toBe('rssBytesMax');
    expect(exceededLimit({ rssBytes: 0, cpuMs: cpuMs + 1 })).toBe('cpuMs');
  });
});
