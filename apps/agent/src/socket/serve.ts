import type { Server, ServerResponse } from 'node:http';
import { toFault } from '@hullcheck/core';
import { type EngineTransport, eventGatherMs, isNews, readJsonElements, readJsonValue } from '@hullcheck/runtimes';
import { answerBytesMax, answersUntilTidyBytes, elementBytesMax, listBytesMax, listElementsMax } from '../limits.ts';
import { createTidier } from '../tidy.ts';
import { judgeRequest, type Passed, type PassedMany } from './allow-list.ts';
import { createHardenedServer, refuse, sendAll } from './hardened-server.ts';
import { inspectMany } from './inspect-many.ts';
import type { KeepsLabel } from './labels.ts';
import { newsOf } from './news.ts';
import { withoutSecrets } from './redact.ts';

const LIST_LIMITS = { elementBytesMax, elementsMax: listElementsMax, bytesMax: listBytesMax };
const LIST_PIECE_CHARACTERS = 16 * 1024;
const ANSWER_IDLE_MS = 60_000;
const EXPORT_IDLE_MS = 120_000;

/** A server that answers nothing but listed reads of one engine; the caller makes it listen. */
export function createSocketServer(engine: EngineTransport, keepsLabel: KeepsLabel): Server {
  return createHardenedServer((target, request, response) => {
    const passed = judgeRequest('GET', target);
    if (passed === undefined) return refuse(request, response);
    void answer(engine, passed, keepsLabel, response);
  });
}

async function answer(
  engine: EngineTransport,
  passed: Passed | PassedMany,
  keepsLabel: KeepsLabel,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    if (passed.answer === 'many')
      await sendAll(inspectMany(engine, passed.inspections, tidy, gone.signal), response, gone.signal);
    else await pass(engine, passed, keepsLabel, response, gone.signal);
  } catch (error) {
    // The other half learns that it failed and of which kind; the text of the engine stays here.
    if (response.headersSent) response.destroy();
    else response.writeHead(toFault(error).code === 'runtime-forbidden' ? 403 : 502).end();
  }
}

async function pass(
  engine: EngineTransport,
  passed: Passed,
  keepsLabel: KeepsLabel,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const idleTimeoutMs = passed.answer === 'lines' ? 0 : passed.answer === 'bytes' ? EXPORT_IDLE_MS : ANSWER_IDLE_MS;
  const gatherMs = passed.answer === 'lines' ? eventGatherMs : 0;
  const upstream = await engine.get(passed.target, { signal, idleTimeoutMs, gatherMs });
  const { status } = upstream;
  if (status !== 200) {
    upstream.cancel();
    response.writeHead(status >= 400 && status < 600 ? status : 502).end();
    return;
  }
  response.writeHead(200, {
    'content-type': passed.answer === 'bytes' ? 'application/octet-stream' : 'application/json',
  });
  response.flushHeaders();
  await sendAll(filtered(passed, keepsLabel, upstream.body, engine.address), response, signal);
}

async function* filtered(
  passed: Passed,
  keepsLabel: KeepsLabel,
  body: AsyncIterable<Uint8Array>,
  place: string,
): AsyncGenerator<Uint8Array | string> {
  switch (passed.answer) {
    case 'bytes':
      yield* body;
      return;
    case 'object':
      yield JSON.stringify(withoutSecrets(await readJsonValue(counted(body), answerBytesMax, place), keepsLabel));
      return;
    case 'list': {
      // Thousands of small parts would be as many writes.
      let piece = '[';
      let separator = '';
      for await (const value of readJsonElements(counted(body), 1, LIST_LIMITS, place)) {
        piece += separator + JSON.stringify(withoutSecrets(value, keepsLabel));
        separator = ',';
        if (piece.length < LIST_PIECE_CHARACTERS) continue;
        yield piece;
        piece = '';
      }
      yield `${piece}]`;
      return;
    }
    case 'lines':
      yield* newsOf(counted(body), isNews, place);
  }
}

const tidy = createTidier(answersUntilTidyBytes);

async function* counted(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    yield chunk;
    tidy(chunk.byteLength);
  }
}
