// `npm test`: installs what is missing, runs every test, ends with `N passed, N failed` (and what was skipped).
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareComponents } from './components.mjs';
import { environment, findNode24, installPackages, root } from './node24.mjs';
import { buildHostProgram, buildPages } from './up.mjs';

const SCRATCH_BYTES_MIN = 12 * 1024 ** 3;
const memory = '/dev/shm';

/**
 * Where tests keep their files: in memory where there is plenty, because a test's database is a thousand new files (half of such
 * a test's time on a disk). Undefined: the system's own place.
 */
function makeScratch() {
  const mounted = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .find((line) => line.split(' ')[1] === memory);
  if (mounted === undefined || mounted.includes('noexec')) return undefined;
  // Of runs that were killed.
  for (const name of readdirSync(memory)) {
    const [, pid] = /^hc-(\d+)-/.exec(name) ?? [];
    if (pid !== undefined && !existsSync(join('/proc', pid))) removeScratch(join(memory, name));
  }
  const { bavail, bsize } = statfsSync(memory);
  const available = Math.min(bavail * bsize, freemem(), process.availableMemory?.() ?? Number.POSITIVE_INFINITY);
  if (available < SCRATCH_BYTES_MIN) return undefined;
  const folder = mkdtempSync(join(memory, `hc-${process.pid}-`));
  // As the system's: tests start programs of other users.
  chmodSync(folder, 0o1777);
  return folder;
}

function removeScratch(folder) {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    process.stderr.write(`${folder} could not be removed: ${error.message}\n`);
  }
}

installPackages();
const scratch = process.platform === 'linux' ? makeScratch() : undefined;
const env = {
  ...environment(),
  ...prepareComponents(),
  HULLCHECK_BUILT_PAGES: join(root, 'apps', 'web', 'dist'),
  ...(scratch === undefined ? {} : { TMPDIR: scratch }),
};
buildPages();
buildHostProgram();

let child;
let isStopped = false;
const run = (command, args, stdio = 'inherit') =>
  new Promise((resolve) => {
    child = spawn(command, args, { cwd: root, env, stdio });
    child.on('close', (code) => {
      if (!isStopped) return resolve(code ?? 1);
      // The tests have ended, and their files go after them.
      if (scratch !== undefined) removeScratch(scratch);
      process.exit(1);
    });
  });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    isStopped = true;
    child?.kill(signal);
  });

const output = mkdtempSync(join(tmpdir(), 'hullcheck-test-'));
const report = join(output, 'report.json');
const node = findNode24();

// The statics count as one test each: a type error is a failed test, not a note that scrolls away.
const statics = await run(node, [join(root, 'tools', 'check.mjs'), '--no-unit']);
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const only = process.argv.slice(2);
const code = await run(node, [
  vitest,
  'run',
  ...only,
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
]);

let passed = statics === 0 ? 1 : 0;
let failed = statics === 0 ? 0 : 1;
let skipped = 0;
if (existsSync(report)) {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numFailedTestSuites, testResults } =
    JSON.parse(readFileSync(report, 'utf8'));
  passed += numPassedTests;
  failed += numFailedTests;
  skipped = numPendingTests + numTodoTests;
  // A file that could not even be loaded has no tests to fail.
  const broken = testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  );
  if (numFailedTestSuites > 0) failed += broken.length;
  const names = testResults.flatMap((file) =>
    file.assertionResults
      .filter((test) => test.status === 'pending' || test.status === 'skipped')
      .map((test) => test.fullName),
  );
  if (names.length > 0)
    process.stdout.write(
      `\nSkipped, because this machine lacks what they need:\n${names.map((name) => `  ${name}`).join('\n')}\n`,
    );
}
if (code !== 0 && failed === 0) failed = 1;
if (process.env.CI === 'true' && skipped > 0) {
  process.stdout.write(`\nCI has all components, so ${skipped} skipped tests count as failed.\n`);
  failed += skipped;
  skipped = 0;
}
rmSync(output, { recursive: true, force: true });
if (scratch !== undefined) removeScratch(scratch);
process.stdout.write(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
process.exit(failed === 0 ? 0 : 1);
