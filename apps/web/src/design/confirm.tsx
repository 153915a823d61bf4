import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import type { IconName } from './icons.tsx';
import { failureWords, Notice } from './states.tsx';

interface ConfirmProps {
  readonly title: string;
  /** What the button says that leaves all as it is, and the one that does it. */
  readonly keep?: string;
  readonly act: string;
  readonly look?: 'danger' | 'primary';
  readonly icon?: IconName;
  /** How far it is, and why it failed. */
  readonly state: { readonly isPending: boolean; readonly error: Error | null };
  /** What is said before the reason where it failed. */
  readonly failed: string;
  readonly onAct: () => void;
  readonly onClose: () => void;
  /** What will be different. */
  readonly children: ReactNode;
}

/** Asks before something is done that is not undone by a click. Stays open where it fails, and says why. */
export function Confirm({ title, keep = 'Keep it', act, look = 'danger', icon, state, failed, ...rest }: ConfirmProps) {
  const { onAct, onClose, children } = rest;
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{keep}</Button>
          <Button look={look} icon={icon} busy={state.isPending} onClick={onAct}>
            {act}
          </Button>
        </>
      }
    >
      {children}
      {state.error !== null && (
        <Notice band="4" icon="warning" role="alert">
          <span>
            {failed} {failureWords(state.error).why}
          </span>
        </Notice>
      )}
    </Dialog>
  );
}
