import { useEffect } from 'react';
import { formatNumber } from '../design/format.ts';
import { useAnnounce } from './announce.tsx';

/** Says to screen readers what a search or a filter came to: the focus stays in the field. `none`: `No host matches`. */
export function useSaidMatches(
  filtered: boolean,
  total: { readonly value: number; readonly exact: boolean } | undefined,
  none: string,
): void {
  const announce = useAnnounce();
  const text =
    !filtered || total === undefined
      ? undefined
      : total.value === 0
        ? none
        : `${total.exact ? '' : 'More than '}${formatNumber(total.value)} match`;
  useEffect(() => {
    if (text !== undefined) announce(text);
  }, [text, announce]);
}
