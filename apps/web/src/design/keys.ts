import { useEffect, useRef } from 'react';

export interface Keys {
  readonly [key: string]: ((event: KeyboardEvent) => void) | undefined;
}

/** Single keys for a page, by their name in lower case: `j`, `escape`. Silent while someone types, while a dialog or menu is open, and with Ctrl, Alt or Meta. */
export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
      if (event.key !== 'Escape' && isBusy(event.target)) return;
      if (document.querySelector('dialog[open], [role="menu"]') !== null) return;
      const act = event.shiftKey ? undefined : latest.current[event.key.toLowerCase()];
      if (act === undefined) return;
      event.preventDefault();
      act(event);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}

/** Where letters are typed, and where Enter already means something. */
function isBusy(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest('input, textarea, select, button, [contenteditable], a:not(.row-link)') !== null
  );
}
