import { Tooltip } from 'radix-ui';
import type { ReactNode } from 'react';

/** More about a figure, on hover and on keyboard focus. */
export function Hint({
  text,
  children,
  side = 'top',
}: {
  readonly text: ReactNode;
  readonly children: ReactNode;
  readonly side?: 'top' | 'right';
}) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content className="tooltip" side={side} sideOffset={6} collisionPadding={8}>
          {text}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}

export function HintProvider({ children }: { readonly children: ReactNode }) {
  return (
    <Tooltip.Provider delayDuration={250} skipDelayDuration={150}>
      {children}
    </Tooltip.Provider>
  );
}
