import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { fetchWhole, useApi } from '../../app/api.tsx';

const PAGE = 500;

export function usePackages(id: string, enabled: boolean) {
  const api = useApi();
  return useQuery({
    queryKey: ['image', id, 'packages'],
    queryFn: () =>
      fetchWhole((cursor) => api.call('images.packages', { params: { id }, query: { limit: PAGE, cursor } })),
    enabled,
  });
}

export function useAdvice(id: string) {
  const api = useApi();
  return useQuery({ queryKey: ['image', id, 'advice'], queryFn: () => api.call('images.advice', { params: { id } }) });
}

export function useSupport(id: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['image', id, 'support'],
    queryFn: () => api.call('images.support', { params: { id } }),
  });
}

export function useLayers(id: string) {
  const api = useApi();
  return useQuery({ queryKey: ['image', id, 'layers'], queryFn: () => api.call('images.layers', { params: { id } }) });
}

export function useImageHosts(id: string, enabled: boolean) {
  const api = useApi();
  return useQuery({
    queryKey: ['image', id, 'hosts'],
    queryFn: () => fetchWhole((cursor) => api.call('images.hosts', { params: { id }, query: { limit: PAGE, cursor } })),
    enabled,
  });
}

export function useImageHistory(id: string) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ['image', id, 'history'],
    queryFn: ({ pageParam }) =>
      api.call('images.history', {
        params: { id },
        query: { limit: 100, ...(pageParam === null ? {} : { cursor: pageParam }) },
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
}
