import { useEffect } from 'react';
import { Icon } from '../design/icons.tsx';
import { useAnnounce } from './announce.tsx';

/** Above a long list that is not what the console has any more: it does not move under the reader until they ask for it. */
export function Outdated({ list }: { readonly list: { readonly outdated: boolean; readonly show: () => void } }) {
  const announce = useAnnounce();
  useEffect(() => {
    if (!list.outdated) return;
    announce('The list changed');
    // The same words twice are said once.
    return () => announce('');
  }, [list.outdated, announce]);
  if (!list.outdated) return null;
  return (
    <div>
      <button type="button" className="chip chip-set changed" onClick={list.show}>
        <Icon name="refresh" size={12} />
        The list changed · show
      </button>
    </div>
  );
}
