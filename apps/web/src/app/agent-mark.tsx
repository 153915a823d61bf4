import { visible } from '../design/foreign-text.ts';
import { Icon } from '../design/icons.tsx';

/** What the console says it read itself, and what somebody stated. */
const NO_AGENT: readonly (string | null)[] = [null, 'console', 'attached-sbom'];

/** Wherever something is shown that stands on an agent's word: its host could lie. Nothing where the console read it itself. */
export function AgentMark({ readBy }: { readonly readBy: string | null }) {
  if (readBy === null || NO_AGENT.includes(readBy)) return null;
  const words = `Read by the agent ${visible(readBy)}, not by the console`;
  return (
    <span className="badge agent-mark" role="img" aria-label={words} title={words}>
      <Icon name="hosts" size={12} />
      agent
    </span>
  );
}
