import { useQuery } from '@tanstack/react-query';
import { useApi } from '../../app/api.tsx';

export function useLeverage() {
  const api = useApi();
  return useQuery({ queryKey: ['leverage'], queryFn: () => api.call('leverage.list', {}) });
}
