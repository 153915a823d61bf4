import { useQuery } from '@tanstack/react-query';
import { useApi } from '../../app/api.tsx';
import type { WhereSearch } from '../../app/search.ts';

export function useWhere(search: WhereSearch, limit: number) {
  const api = useApi();
  const asked =
    search.package !== undefined ||
    search.purl !== undefined ||
    search.layer !== undefined ||
    search.file !== undefined;
  return useQuery({
    queryKey: ['where', search, limit],
    queryFn: () => api.call('where.get', { query: { ...search, limit } }),
    enabled: asked,
  });
}
