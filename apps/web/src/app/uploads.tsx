import { Fault } from '@hullcheck/core';
import { createContext, use, useEffect, useSyncExternalStore } from 'react';
import { isUnderWay, type Upload, type UploadQueue } from './upload-queue.ts';

export const UploadContext = createContext<UploadQueue | undefined>(undefined);

export function useUploadQueue(): UploadQueue {
  const queue = use(UploadContext);
  if (queue === undefined) throw new Fault('internal', 'a page was drawn outside the application');
  return queue;
}

export function useUploads(): readonly Upload[] {
  const queue = useUploadQueue();
  return useSyncExternalStore(queue.subscribe, queue.snapshot);
}

/** Asks for files and sends them; `imageId` names the row that the archive completes. */
export function usePickArchives(): (imageId?: string) => void {
  const queue = useUploadQueue();
  return (imageId) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.multiple = imageId === undefined;
    input.accept = '.tar,.gz,.tgz,.zst,.tar.gz,application/x-tar,application/gzip';
    input.addEventListener('change', () => {
      if (input.files !== null && input.files.length > 0) queue.add(input.files, imageId);
    });
    input.click();
  };
}

/** The browser asks before a page with an upload under way is left. */
export function useLeaveWarning(): void {
  const busy = useUploads().some(isUnderWay);
  useEffect(() => {
    if (!busy) return;
    const onLeave = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener('beforeunload', onLeave);
    return () => window.removeEventListener('beforeunload', onLeave);
  }, [busy]);
}
