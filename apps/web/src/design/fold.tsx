import { type ReactNode, useState } from 'react';
import { Icon } from './icons.tsx';

interface FoldProps {
  readonly title: ReactNode;
  /** Something in it is filled in. */
  readonly filled: boolean;
  /** Something in it is wrong. */
  readonly wrong?: boolean;
  readonly children: ReactNode;
}

/** Fields that few need. It opens by itself where something in it came to count, and closes by hand only: never while someone types. */
export function Fold({ title, filled, wrong = false, children }: FoldProps) {
  const cause = wrong ? 'wrong' : filled ? 'filled' : 'none';
  const [before, setBefore] = useState(cause);
  const [open, setOpen] = useState(cause !== 'none');
  if (cause !== before) {
    setBefore(cause);
    if (cause !== 'none') setOpen(true);
  }
  return (
    <details className="fold" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {title}
        <Icon name="down" size={12} />
      </summary>
      <div className="fold-body form">{children}</div>
    </details>
  );
}
