import { useMutation, useQueryClient } from '@tanstack/react-query';
import { DropdownMenu } from 'radix-ui';
import { Icon } from '../design/icons.tsx';
import { Foreign } from '../design/text.tsx';
import { useApi } from './api.tsx';
import { sessionKey, useUser } from './session.tsx';
import { setTheme, type Theme, useTheme } from './theme.ts';

const themes: readonly { readonly id: Theme; readonly name: string }[] = [
  { id: 'system', name: 'As the system' },
  { id: 'light', name: 'Light' },
  { id: 'dark', name: 'Dark' },
];

export function Account() {
  const { user, version } = useUser();
  const theme = useTheme();
  const api = useApi();
  const client = useQueryClient();
  const signOut = useMutation({
    mutationFn: () => api.call('session.delete', {}),
    // Also after a failure: the session query tells the truth, and nothing of the last person stays in memory.
    onSettled: async () => {
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'session' });
      await client.invalidateQueries({ queryKey: sessionKey });
    },
  });
  return (
    // Not modal: the modal kind injects a style element, which the content security policy refuses.
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <button type="button" className="button button-quiet button-icon" aria-label={`Account of ${user.email}`}>
          <span className="avatar" aria-hidden="true">
            {user.email.slice(0, 1)}
          </span>
        </button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={6} collisionPadding={12}>
          <DropdownMenu.Label className="menu-label">
            <Foreign text={user.email} /> · {user.role}
          </DropdownMenu.Label>
          <div className="menu-line" />
          <DropdownMenu.Label className="menu-label">Theme</DropdownMenu.Label>
          <DropdownMenu.RadioGroup value={theme}>
            {themes.map(({ id, name }) => (
              <DropdownMenu.RadioItem key={id} value={id} className="menu-item" onSelect={() => setTheme(id)}>
                <span className="grow">{name}</span>
                <DropdownMenu.ItemIndicator>
                  <Icon name="check" />
                </DropdownMenu.ItemIndicator>
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
          <div className="menu-line" />
          <DropdownMenu.Item className="menu-item" onSelect={() => signOut.mutate()}>
            Sign out
          </DropdownMenu.Item>
          <div className="menu-line" />
          <DropdownMenu.Label className="menu-label">Hullcheck {version}</DropdownMenu.Label>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
