import { Fault } from '@hullcheck/core';
import { expect, it } from 'vitest';
import { type Send, UploadQueue } from './upload-queue.ts';

interface Wire {
  readonly file: File;
  readonly imageId: string | undefined;
  readonly sent: (bytes: number) => void;
  readonly answer: (images: string[]) => Promise<void>;
  readonly fail: (fault: Fault) => Promise<void>;
  aborted: boolean;
}

function queueOnWires() {
  const wires: Wire[] = [];
  const settled = { done: 0 };
  const send: Send = (file, imageId, onSent) => {
    const { promise, resolve, reject } = Promise.withResolvers<{
      id: string;
      images: { id: string; assessment: null }[];
    }>();
    const settle = async (act: () => void): Promise<void> => {
      act();
      await new Promise((next) => setImmediate(next));
    };
    const wire: Wire = {
      file,
      imageId,
      sent: onSent,
      answer: (images) => settle(() => resolve({ id: 'u', images: images.map((id) => ({ id, assessment: null })) })),
      fail: (fault) => settle(() => reject(fault)),
      aborted: false,
    };
    wires.push(wire);
    return { answer: promise, abort: () => (wire.aborted = true) };
  };
  const queue = new UploadQueue(send, () => (settled.done += 1));
  const states = (): string[] => queue.snapshot().map(({ state }) => state);
  return { queue, wires, states, settled };
}
const file = (name: string): File => new File(['12345678'], name);

it('sends one archive after the other and tells progress', async () => {
  const { queue, wires, states, settled } = queueOnWires();
  queue.add([file('a.tar'), file('b.tar')]);
  expect(states()).toEqual(['sending', 'waiting']);
  wires[0]?.sent(3);
  expect(queue.snapshot()[0]).toMatchObject({ bytesSent: 3, bytesTotal: 8 });
  wires[0]?.sent(8);
  expect(states()).toEqual(['storing', 'waiting']);
  await wires[0]?.answer(['i1']);
  expect(states()).toEqual(['done', 'sending']);
  expect(queue.snapshot()[0]?.images).toEqual(['i1']);
  expect(settled.done).toBe(1);
});

it('keeps the row that the archive completes', () => {
  const { queue, wires } = queueOnWires();
  queue.add([file('a.tar')], 'row-1');
  expect(wires[0]?.imageId).toBe('row-1');
});

it('goes on after a failure, and retry sends the same file again', async () => {
  const { queue, wires, states } = queueOnWires();
  queue.add([file('a.tar'), file('b.tar')]);
  await wires[0]?.fail(new Fault('truncated', 'the archive ends early'));
  expect(states()).toEqual(['failed', 'sending']);
  await wires[1]?.answer([]);
  queue.retry(1);
  expect(states()).toEqual(['sending', 'done']);
  expect(wires[2]?.file.name).toBe('a.tar');
});

it('a cancelled upload aborts, and a late answer changes nothing', async () => {
  const { queue, wires, states } = queueOnWires();
  queue.add([file('a.tar')]);
  queue.cancel(1);
  expect(wires[0]?.aborted).toBe(true);
  await wires[0]?.answer(['i1']);
  expect(states()).toEqual(['cancelled']);
});

it('a late answer of the first try does not finish the second', async () => {
  const { queue, wires, states } = queueOnWires();
  queue.add([file('a.tar')]);
  queue.cancel(1);
  queue.retry(1);
  await wires[0]?.answer(['old']);
  expect(states()).toEqual(['sending']);
  await wires[1]?.answer(['new']);
  expect(queue.snapshot()[0]).toMatchObject({ state: 'done', images: ['new'] });
});

it('clears only what has ended', async () => {
  const { queue, wires, states } = queueOnWires();
  queue.add([file('a.tar'), file('b.tar')]);
  await wires[0]?.answer([]);
  queue.clear();
  expect(states()).toEqual(['sending']);
});
