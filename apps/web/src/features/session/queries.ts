import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useApi } from '../../app/api.tsx';
import { sessionKey } from '../../app/session.tsx';

export function useSignIn() {
  const api = useApi();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { readonly email: string; readonly password: string }) => api.call('session.create', { body }),
    onSuccess: (session) => client.setQueryData(sessionKey, session),
  });
}

export function useSetup() {
  const api = useApi();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { readonly token: string; readonly email: string; readonly password: string }) =>
      api.call('setup.create', { body }),
    onSuccess: (session) => client.setQueryData(sessionKey, session),
  });
}
