import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { fetchWhole, useApi } from '../../app/api.tsx';
import type { RepositoriesSearch } from '../../app/search.ts';

/** Tags of one repository, those that the registry still has first. */
export function useTags(id: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['repositories', 'tags', id],
    queryFn: () => api.call('repositories.tags', { params: { id }, query: { limit: 200 } }),
  });
}

export function useRepositories(search: Omit<RepositoriesSearch, 'repository'>) {
  const api = useApi();
  return useQuery({
    queryKey: ['repositories', search],
    queryFn: () => fetchWhole((cursor) => api.call('repositories.list', { query: { ...search, limit: 500, cursor } })),
    placeholderData: keepPreviousData,
  });
}
