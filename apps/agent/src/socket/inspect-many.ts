import { type EngineTransport, inParallel, readJsonValue } from '@hullcheck/runtimes';
import { answerBytesMax, inspectionIdleMs, inspectionsAtOnce } from '../limits.ts';
import type { Inspection } from './allow-list.ts';

/**
 * What an inventory needs of many objects, one line each as it is known: `{"id":…,"status":…,"answer":…}`. Asked one by one by the
 * other half, five thousand containers of a host cost both halves ten times as much (bench/results/agent.md). `onBytes` is told of
 * what was read.
 */
export async function* inspectMany(
  engine: EngineTransport,
  many: readonly Inspection[],
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const ask = async ({ id, kind, target }: Inspection): Promise<object> => {
    const answer = await engine.get(target, { signal, idleTimeoutMs: inspectionIdleMs });
    const { status } = answer;
    if (status !== 200) {
      answer.cancel();
      return { id, status, answer: null };
    }
    const value = await readJsonValue(counted(answer.body, onBytes), answerBytesMax, engine.address);
    return { id, status, answer: kind === 'container' ? runOnly(value) : platformOnly(value) };
  };
  // Docker answers nothing for a container whose lock somebody holds: that one alone is not told.
  const inspect = (inspection: Inspection) =>
    ask(inspection).catch((error: unknown) => {
      if (signal.aborted) throw error;
      return { id: inspection.id, status: UNTOLD, answer: null };
    });
  for (let at = 0; at < many.length; at += inspectionsAtOnce) {
    const told = await inParallel(many.slice(at, at + inspectionsAtOnce), inspectionsAtOnce, inspect);
    yield told.map((line) => `${JSON.stringify(line)}\n`).join('');
  }
}

const UNTOLD = 504;

async function* counted(body: AsyncIterable<Uint8Array>, onBytes: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    yield chunk;
    onBytes(chunk.byteLength);
  }
}

/** Plain values of these fields alone: whatever an engine puts around them or in their place stays here. */
function only(value: unknown, names: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    names.flatMap((name) => {
      const field: unknown = Reflect.get(value, name);
      return typeof field === 'object' ? [] : [[name, field]];
    }),
  );
}

const TIMES = ['Status', 'Running', 'ExitCode', 'StartedAt', 'FinishedAt'] as const;
const NETWORK = ['NetworkMode'] as const;
const PLATFORM = ['Os', 'Architecture', 'Variant'] as const;

function runOnly(value: unknown): unknown {
  const field = (name: string): unknown =>
    typeof value === 'object' && value !== null ? Reflect.get(value, name) : null;
  return { State: only(field('State'), TIMES), HostConfig: only(field('HostConfig'), NETWORK) };
}

function platformOnly(value: unknown): unknown {
  return only(value, PLATFORM);
}
