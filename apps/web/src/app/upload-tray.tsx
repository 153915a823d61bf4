import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { Button, IconButton } from '../design/button.tsx';
import { formatBytes } from '../design/format.ts';
import { Icon } from '../design/icons.tsx';
import { failureWords, Progress } from '../design/states.tsx';
import { Middle } from '../design/text.tsx';
import { useAnnounce } from './announce.tsx';
import { isUnderWay, type Upload } from './upload-queue.ts';
import { useLeaveWarning, useUploadQueue, useUploads } from './uploads.tsx';

const SETTLED_MS = 12_000;

/** What is on its way, on every page: an upload of gigabytes goes on while one looks at something else. */
export function UploadTray() {
  const uploads = useUploads();
  const queue = useUploadQueue();
  const announce = useAnnounce();
  useLeaveWarning();
  const busy = uploads.filter(isUnderWay).length;
  const latest = uploads.findLast((upload) => !isUnderWay(upload));
  useEffect(() => {
    if (latest?.state === 'done') announce(`${latest.name} is stored`);
    if (latest?.state === 'failed') announce(`${latest.name} could not be uploaded`);
  }, [latest, announce]);
  const settled = uploads.length > 0 && uploads.every(({ state }) => state === 'done');
  useEffect(() => {
    if (!settled) return;
    // All is well and the rows are in the list: the tray goes by itself. A failure stays until it is dealt with.
    const timer = setTimeout(() => queue.clear(), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [settled, queue]);
  if (uploads.length === 0) return null;
  return (
    <section className="tray" aria-label="Uploads">
      <div className="tray-head">
        <h2 className="grow">{busy > 0 ? `Uploading ${busy} of ${uploads.length}` : 'Uploads'}</h2>
        {busy === 0 && <IconButton small icon="close" label="Close uploads" onClick={() => queue.clear()} />}
      </div>
      <ul className="tray-list">
        {uploads.map((upload) => (
          <li key={upload.key}>
            <TrayRow upload={upload} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function TrayRow({ upload }: { readonly upload: Upload }) {
  const queue = useUploadQueue();
  const [image] = upload.images;
  return (
    <>
      <div className="row">
        <div className="grow strong">
          <Middle text={upload.name} />
        </div>
        {isUnderWay(upload) && (
          <IconButton small icon="close" label={`Cancel ${upload.name}`} onClick={() => queue.cancel(upload.key)} />
        )}
        {(upload.state === 'failed' || upload.state === 'cancelled') && (
          <Button small icon="refresh" onClick={() => queue.retry(upload.key)}>
            Retry
          </Button>
        )}
        {upload.state === 'done' && image !== undefined && (
          <Link to="/images/$id" params={{ id: image }}>
            Open
          </Link>
        )}
      </div>
      {(upload.state === 'sending' || upload.state === 'storing') && (
        <Progress
          label={`${upload.name} sent`}
          value={upload.state === 'storing' ? null : upload.bytesSent / Math.max(1, upload.bytesTotal)}
        />
      )}
      <div className="small muted">{wordsOf(upload)}</div>
    </>
  );
}

function wordsOf(upload: Upload): string {
  switch (upload.state) {
    case 'waiting':
      return `Waiting · ${formatBytes(upload.bytesTotal)}`;
    case 'sending':
      return `${formatBytes(upload.bytesSent)} of ${formatBytes(upload.bytesTotal)}`;
    case 'storing':
      return 'All bytes are out; the console checks and stores them';
    case 'done':
      return upload.images.length === 1
        ? 'Stored; its assessment follows by itself'
        : `Stored: ${upload.images.length} images, assessed by themselves`;
    case 'cancelled':
      return 'Cancelled; nothing was stored';
    case 'failed': {
      const { why, what } = failureWords(upload.error);
      return what === undefined ? why : `${why} ${what}`;
    }
  }
}

/** Dropping archives anywhere uploads them. */
export function DropTarget() {
  const queue = useUploadQueue();
  const [over, setOver] = useState(false);
  useEffect(() => {
    let depth = 0;
    const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;
    const enter = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      depth += 1;
      setOver(true);
    };
    const leave = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    };
    const hover = (event: DragEvent): void => {
      if (carriesFiles(event)) event.preventDefault();
    };
    const drop = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      depth = 0;
      setOver(false);
      if (event.dataTransfer !== null) queue.add(event.dataTransfer.files);
    };
    window.addEventListener('dragenter', enter);
    window.addEventListener('dragleave', leave);
    window.addEventListener('dragover', hover);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragenter', enter);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('dragover', hover);
      window.removeEventListener('drop', drop);
    };
  }, [queue]);
  if (!over) return null;
  return (
    <div className="drop">
      <div>
        <div className="stack">
          <span className="row">
            <Icon name="upload" size={20} />
            <b>Drop image archives to upload them</b>
          </span>
          <span className="muted">
            What <code>docker save</code>, <code>podman save</code> or <code>skopeo copy</code> wrote
          </span>
        </div>
      </div>
    </div>
  );
}
