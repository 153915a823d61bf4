import type { ImageRow } from '@hullcheck/contract';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { fetchWhole, useApi } from './api.tsx';

/** The API's own upper bound of a page. */
const PAGE = 500;

export function useImage(id: string) {
  const api = useApi();
  return useQuery({ queryKey: ['image', id], queryFn: () => api.call('images.get', { params: { id } }) });
}

export function useImageFindings(id: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['image', id, 'findings'],
    queryFn: () =>
      fetchWhole((cursor) => api.call('images.findings', { params: { id }, query: { limit: PAGE, cursor } })),
  });
}

export function useAssess() {
  const api = useApi();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api.call('images.assess', { params: { id } }),
    onSuccess: async () => {
      await Promise.all([
        client.invalidateQueries({ queryKey: ['overview'] }),
        client.invalidateQueries({ queryKey: ['images'] }),
        client.invalidateQueries({ queryKey: ['image'] }),
      ]);
    },
  });
}

/** Ends the assessment; the image stays as it was known before. */
export function useCancelAssessment() {
  const api = useApi();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api.call('images.cancel', { params: { id } }),
    onSettled: () => client.invalidateQueries(),
  });
}

/** What a row that is not assessed offers. */
export type Remedy = 'assess' | 'connect' | 'upload';

/**
 * Nothing was tried: assess. The console can't get at the bytes: a credential or the archive itself helps. It was tried and
 * broke: try again, or send another copy.
 */
export function remediesOf({ state, activity, reason, readBy }: ImageRow['assessment']): readonly Remedy[] {
  if (activity !== 'idle') return [];
  switch (state) {
    case 'none':
      return reason === null ? ['assess'] : ['connect', 'upload'];
    case 'not-assessable':
      // It was read, and nothing that judges it is known: another copy of the same bytes would not help.
      return readBy === null ? ['connect', 'upload'] : ['assess'];
    case 'failed':
      return ['assess', 'upload'];
    case 'complete':
    case 'partial':
      return [];
  }
}

/** Counts of an assessment that is not whole read "at least". */
export function isAtLeast({ state }: ImageRow['assessment']): boolean {
  return state === 'partial';
}
