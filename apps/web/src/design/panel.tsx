import { type ReactNode, useEffect, useRef } from 'react';
import { IconButton } from './button.tsx';

interface SidePanelProps {
  readonly label: string;
  readonly title: ReactNode;
  readonly onClose: () => void;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  /** Another row opened in the same panel: it scrolls back up. */
  readonly of: string;
}

/** A row opened beside its list. Not a modal: the list stays usable; Escape closes (bound by the page, with j and k). */
export function SidePanel({ label, title, onClose, actions, children, of }: SidePanelProps) {
  const body = useRef<HTMLElement>(null);
  useEffect(() => {
    if (of !== '') body.current?.scrollTo(0, 0);
  }, [of]);
  return (
    <aside className="side" aria-label={label}>
      <div className="side-head">
        <div className="grow">{title}</div>
        <IconButton icon="close" label="Close panel (Esc)" onClick={onClose} />
      </div>
      {/* Focusable, so that a keyboard can scroll what has no control in it. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: WCAG 2.1.1, a scrolling region must be reachable by keyboard */}
      <section className="side-body grow" ref={body} tabIndex={0} aria-label={label}>
        {children}
      </section>
      {actions !== undefined && <div className="side-foot">{actions}</div>}
    </aside>
  );
}
