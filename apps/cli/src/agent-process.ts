/*
 * The process of an agent whose command line was read by the process that was in its place before: it stays for years, and the
 * program of all commands would stay with it (bench/results/agent.md).
 */
import { takeOrders } from './agent-orders.ts';
import { endOnBrokenPipe, exitCodeOf } from './process-end.ts';
import { runAgentOrders } from './run-agent-orders.ts';

endOnBrokenPipe();
process.exitCode = await exitCodeOf(process.env, async () => {
  const { stdin, stdout, stderr, env } = process;
  const orders = takeOrders(env);
  await runAgentOrders(orders, { environment: env, uid: process.getuid?.() ?? -1, stdin, stdout, stderr });
  return 0;
});
