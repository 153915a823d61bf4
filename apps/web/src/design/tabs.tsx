import type { ReactNode } from 'react';

/** Parts of one page. Links, so each part has an address; the present one carries `aria-current`. */
export function Tabs({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <nav className="tabs" aria-label={label}>
      {children}
    </nav>
  );
}
