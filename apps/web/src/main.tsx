import { createApiClient } from '@hullcheck/contract';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { config } from 'zod';
import { Announcer } from './app/announce.tsx';
import { ApiContext, createQueryClient } from './app/api.tsx';
import { router } from './app/router.tsx';
import { browserTransport } from './app/transport.ts';
import { sendByXhr, UploadQueue } from './app/upload-queue.ts';
import { UploadContext } from './app/uploads.tsx';
import { HintProvider } from './design/hint.tsx';
import './design/index.css';

// Compiled schemas need `new Function`, which the content security policy refuses.
config({ jitless: true });

const api = createApiClient(browserTransport);
const queries = createQueryClient();
const uploads = new UploadQueue(sendByXhr, () => {
  void queries.invalidateQueries({ predicate: (query) => query.queryKey[0] !== 'session' });
});

const element = document.getElementById('app');
if (element !== null)
  createRoot(element).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <ApiContext value={api}>
          <UploadContext value={uploads}>
            <HintProvider>
              <Announcer>
                <RouterProvider router={router} />
              </Announcer>
            </HintProvider>
          </UploadContext>
        </ApiContext>
      </QueryClientProvider>
    </StrictMode>,
  );
