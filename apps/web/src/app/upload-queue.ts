import { type CallOutput, problemDocument, routePath, routes } from '@hullcheck/contract';
import { Fault, type FaultCode } from '@hullcheck/core';

export type UploadState = 'waiting' | 'sending' | 'storing' | 'done' | 'failed' | 'cancelled';

export interface Upload {
  readonly key: number;
  readonly name: string;
  /** The row that this archive completes. */
  readonly imageId: string | undefined;
  readonly bytesTotal: number;
  readonly bytesSent: number;
  readonly state: UploadState;
  readonly error: Fault | undefined;
  readonly images: readonly string[];
}

type Answer = CallOutput<'uploads.create'>;
export interface Sending {
  readonly answer: Promise<Answer>;
  readonly abort: () => void;
}
export type Send = (file: File, imageId: string | undefined, onSent: (bytes: number) => void) => Sending;

interface Entry {
  upload: Upload;
  readonly file: File;
  sending: Sending | undefined;
}

/**
 * Archives on their way to the console, one after the other: two at once only share the line.
 * States: waiting → sending → storing (all bytes are out, the console checks and stores) → done;
 * sending or storing → failed or cancelled; failed and cancelled → waiting again by retry.
 */
export class UploadQueue {
  readonly #send: Send;
  readonly #onDone: () => void;
  readonly #listeners = new Set<() => void>();
  #entries: readonly Entry[] = [];
  #uploads: readonly Upload[] = [];
  #nextKey = 1;

  constructor(send: Send, onDone: () => void) {
    this.#send = send;
    this.#onDone = onDone;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  readonly snapshot = (): readonly Upload[] => this.#uploads;

  add(files: Iterable<File>, imageId?: string): void {
    for (const file of files) {
      const upload: Upload = {
        key: this.#nextKey,
        name: file.name,
        imageId,
        bytesTotal: file.size,
        bytesSent: 0,
        state: 'waiting',
        error: undefined,
        images: [],
      };
      this.#nextKey += 1;
      this.#entries = [...this.#entries, { upload, file, sending: undefined }];
    }
    this.#publish();
    this.#startNext();
  }

  cancel(key: number): void {
    const entry = this.#find(key);
    if (entry === undefined) return;
    this.#change(entry, { state: 'cancelled' });
    entry.sending?.abort();
    this.#startNext();
  }

  retry(key: number): void {
    const entry = this.#find(key);
    if (entry === undefined || (entry.upload.state !== 'failed' && entry.upload.state !== 'cancelled')) return;
    this.#change(entry, { state: 'waiting', bytesSent: 0, error: undefined });
    this.#startNext();
  }

  /** Takes away what has ended. */
  clear(): void {
    this.#entries = this.#entries.filter(({ upload }) => isUnderWay(upload));
    this.#publish();
  }

  #startNext(): void {
    if (this.#entries.some(({ upload }) => upload.state === 'sending' || upload.state === 'storing')) return;
    const entry = this.#entries.find(({ upload }) => upload.state === 'waiting');
    if (entry === undefined) return;
    const sending = this.#send(entry.file, entry.upload.imageId, (bytesSent) => {
      if (entry.sending !== sending || entry.upload.state === 'cancelled') return;
      this.#change(entry, { bytesSent, state: bytesSent >= entry.upload.bytesTotal ? 'storing' : 'sending' });
    });
    entry.sending = sending;
    this.#change(entry, { state: 'sending' });
    sending.answer
      .then((answer) => {
        if (entry.sending !== sending || entry.upload.state === 'cancelled') return;
        this.#change(entry, {
          state: 'done',
          bytesSent: entry.upload.bytesTotal,
          images: answer.images.map(({ id }) => id),
        });
        this.#onDone();
      })
      .catch((error: unknown) => {
        if (entry.sending !== sending || entry.upload.state === 'cancelled') return;
        this.#change(entry, {
          state: 'failed',
          error: error instanceof Fault ? error : new Fault('internal', 'the upload failed', { cause: error }),
        });
      })
      .finally(() => this.#startNext());
  }

  #find(key: number): Entry | undefined {
    return this.#entries.find(({ upload }) => upload.key === key);
  }

  #change(entry: Entry, change: Partial<Upload>): void {
    entry.upload = { ...entry.upload, ...change };
    this.#publish();
  }

  #publish(): void {
    this.#uploads = this.#entries.map(({ upload }) => upload);
    for (const tell of this.#listeners) tell();
  }
}

export function isUnderWay(upload: Upload): boolean {
  return upload.state === 'waiting' || upload.state === 'sending' || upload.state === 'storing';
}

/** XMLHttpRequest, because `fetch` does not tell how much of a body is out. The file is streamed by the browser, never read into memory. */
export const sendByXhr: Send = (file, imageId, onSent) => {
  const route = routes.find((one) => one.id === 'uploads.create');
  if (route === undefined) throw new Fault('internal', 'no route uploads.create');
  const xhr = new XMLHttpRequest();
  const answer = new Promise<Answer>((resolve, reject) => {
    xhr.open('POST', routePath(route.path, {}, { name: file.name.slice(-300), image: imageId }));
    xhr.setRequestHeader('content-type', 'application/octet-stream');
    xhr.setRequestHeader('accept', 'application/json');
    xhr.upload.addEventListener('progress', (event) => onSent(event.loaded));
    xhr.upload.addEventListener('load', () => onSent(file.size));
    xhr.addEventListener('error', () =>
      reject(
        new Fault('unreachable', 'the line to the console broke', {
          hint: 'Nothing was stored. Retry sends the archive again.',
        }),
      ),
    );
    xhr.addEventListener('abort', () => reject(new Fault('cancelled', 'the upload was cancelled')));
    xhr.addEventListener('load', () => {
      if (xhr.status >= 400) return reject(faultOf(xhr.status, xhr.responseText));
      const parsed = route.response.safeParse(parsedJson(xhr.responseText));
      if (parsed.success) return resolve(parsed.data);
      return reject(
        new Fault('internal', "the console's answer to the upload is not what its contract says", {
          cause: parsed.error,
        }),
      );
    });
    xhr.send(file);
  });
  return { answer, abort: () => xhr.abort() };
};

function faultOf(status: number, body: string): Fault {
  const parsed = problemDocument.safeParse(parsedJson(body));
  if (!parsed.success) return new Fault('unavailable', `the console answered ${status}`);
  const { code, message, place, hint } = parsed.data;
  return new Fault(code as FaultCode, message, {
    ...(place === null ? {} : { place }),
    ...(hint === null ? {} : { hint }),
  });
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
