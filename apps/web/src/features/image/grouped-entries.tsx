import type { FindingRow } from '@hullcheck/contract';
import { counted } from '../../design/format.ts';
import { Icon } from '../../design/icons.tsx';
import { Risk } from '../../design/risk.tsx';
import type { Entry } from '../../design/table.tsx';
import { Foreign } from '../../design/text.tsx';
import { findingKey, type Groups, type Upgrade } from './grouping.ts';

export function entryOf(row: FindingRow): Entry<FindingRow> {
  return { kind: 'row', key: findingKey(row), row };
}

interface Folding {
  readonly folded: ReadonlySet<string>;
  readonly opened: ReadonlySet<string>;
}
interface Toggle {
  readonly fold: (key: string) => void;
  readonly open: (key: string) => void;
}

/** Findings by what to do about them, as rows of one table: sections fold, upgrades open. */
export function groupedEntries(
  groups: Groups,
  { folded, opened }: Folding,
  toggle: Toggle,
): readonly Entry<FindingRow>[] {
  const section = (key: string, title: string, words: string, count: number): Entry<FindingRow> => {
    const isOpen = key === 'apart' ? opened.has(key) : !folded.has(key);
    return {
      kind: 'group',
      key,
      content: (
        <button
          type="button"
          className="group-line"
          aria-expanded={isOpen}
          onClick={() => (key === 'apart' ? toggle.open(key) : toggle.fold(key))}
        >
          <Icon name="chevron" size={14} />
          <h2>{title}</h2>
          <span className="muted">{counted(count, 'finding')}</span>
          <span className="faint cut">{words}</span>
        </button>
      ),
    };
  };
  const entries: Entry<FindingRow>[] = [];
  const updates = (key: string, title: string, words: string, upgrades: readonly Upgrade[]): void => {
    if (upgrades.length === 0) return;
    const count = upgrades.reduce((sum, upgrade) => sum + upgrade.findings.length, 0);
    const number = counted(upgrades.length, 'update ends', 'updates end');
    entries.push(section(key, title, `${number} them${words}`, count));
    if (!folded.has(key))
      for (const upgrade of upgrades) {
        const isOpen = opened.has(upgrade.key);
        entries.push({
          kind: 'group',
          key: `upgrade ${upgrade.key}`,
          content: <UpgradeLine upgrade={upgrade} open={isOpen} onToggle={() => toggle.open(upgrade.key)} />,
        });
        if (isOpen) entries.push(...upgrade.findings.map(entryOf));
      }
  };
  updates('system', 'Update these packages', ', from the same release of the distribution', groups.system);
  updates('upgrades', 'Change these dependencies', ', and a build', groups.upgrades);
  if (groups.newBase.length > 0) {
    entries.push(
      section(
        'new-base',
        'Needs a newer base',
        "This release of the distribution won't get a fix",
        groups.newBase.length,
      ),
    );
    if (!folded.has('new-base')) entries.push(...groups.newBase.map(entryOf));
  }
  if (groups.unfixed.length > 0) {
    entries.push(
      section(
        'unfixed',
        'No fix yet',
        'Take the package out, or shield it, until one is published',
        groups.unfixed.length,
      ),
    );
    if (!folded.has('unfixed')) entries.push(...groups.unfixed.map(entryOf));
  }
  if (groups.judged.length > 0) {
    entries.push(
      section('judged', 'Not decided', 'Still being looked into, or not to be determined', groups.judged.length),
    );
    if (!folded.has('judged')) entries.push(...groups.judged.map(entryOf));
  }
  if (groups.apart.length > 0) {
    entries.push(
      section(
        'apart',
        'Not counted',
        "Headers of a kernel that the image doesn't run, and projects that nobody maintains",
        groups.apart.length,
      ),
    );
    // Closed until somebody asks: the kernel alone brings a thousand of them.
    if (opened.has('apart')) entries.push(...groups.apart.map(entryOf));
  }
  return entries;
}

function UpgradeLine({
  upgrade,
  open,
  onToggle,
}: {
  readonly upgrade: Upgrade;
  readonly open: boolean;
  readonly onToggle: () => void;
}) {
  const others = upgrade.packages.filter((name) => name !== upgrade.name);
  return (
    <button type="button" className="group-line upgrade" aria-expanded={open} onClick={onToggle}>
      <Icon name="chevron" size={14} />
      <Risk risk={upgrade.worst} />
      <span className="strong nowrap">
        <Foreign text={upgrade.name} />
      </span>
      <span className="row upgrade-versions">
        <span className="muted cut">
          <Foreign text={upgrade.from} />
        </span>
        <span className="faint" aria-hidden="true">
          →
        </span>
        <span className="visually-hidden">to</span>
        <span className="cut">
          <Foreign text={upgrade.to} />
        </span>
      </span>
      <span className="grow faint cut wide-only">{others.length > 0 && <Foreign text={others.join(', ')} />}</span>
      <span className="muted nowrap">
        ends {upgrade.findings.length}
        {upgrade.leaves > 0 && `, leaves ${upgrade.leaves}`}
      </span>
    </button>
  );
}
