import type { ReactNode } from 'react';
import { Mark } from '../design/icons.tsx';

export function GateBox({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <main className="gate">
      <div className="gate-box">
        <div className="gate-brand">
          <Mark size={26} />
          Hullcheck
        </div>
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}
