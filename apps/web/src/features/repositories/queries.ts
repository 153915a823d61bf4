import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { fetchWhole, useApi } from '../../app/api.tsx';
import type { RepositoriesSearch } from '../../app/search.ts';

export function useRepositories(search: RepositoriesSearch) {
  const api = useApi();
  return useQuery({
    queryKey: ['repositories', search],
    queryFn: () => fetchWhole((cursor) => api.call('repositories.list', { query: { ...search, limit: 500, cursor } })),
    placeholderData: keepPreviousData,
  });
}
