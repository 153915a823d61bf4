import { Icon } from '../design/icons.tsx';

/** Above a long list that is not what the console has any more: it does not move under the reader until they ask for it. */
export function Outdated({ list }: { readonly list: { readonly outdated: boolean; readonly show: () => void } }) {
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
