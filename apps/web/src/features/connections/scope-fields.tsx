import { type ConnectionKind, kindOf } from '@hullcheck/contract';
import { Check, Field, Select } from '../../design/field.tsx';
import { Fold } from '../../design/fold.tsx';
import { Lines, Text } from './credential-fields.tsx';
import type { Draft } from './draft.ts';
import type { DraftErrors } from './draft-errors.ts';

const SCHEDULES: readonly (readonly [minutes: string, words: string])[] = [
  ['15', 'every 15 minutes'],
  ['60', 'every hour'],
  ['360', 'every 6 hours'],
  ['1440', 'every day'],
  ['10080', 'every week'],
  ['', 'only when asked'],
];

interface ScopeFieldsProps {
  readonly draft: Draft;
  readonly errors: DraftErrors;
  readonly onChange: (part: Partial<Draft>) => void;
}

/** What of a registry is read, and how often. */
export function ScopeFields({ draft, errors, onChange }: ScopeFieldsProps) {
  const isOther = !SCHEDULES.some(([minutes]) => minutes === draft.every);
  const isNarrowed =
    draft.attachedSboms ||
    [draft.excludeRepositories, draft.tagsInclude, draft.tagsExclude, draft.platforms].some((it) => it !== '');
  return (
    <>
      <Text
        label="Newest tags per repository"
        hint={newestHint(kindOf(draft.kind).newest)}
        value={draft.tagsMax}
        error={errors.tagsMax}
        onChange={(tagsMax) => onChange({ tagsMax })}
      />
      <Field label="Read">
        {(control) => (
          <Select {...control} value={draft.every} onChange={(event) => onChange({ every: event.currentTarget.value })}>
            {isOther && <option value={draft.every}>every {draft.every} minutes</option>}
            {SCHEDULES.map(([minutes, words]) => (
              <option key={minutes} value={minutes}>
                {words}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Fold title="Filters and platforms" filled={isNarrowed} wrong={errors.platforms !== undefined}>
        <Lines
          label="Repositories to leave out"
          hint="One a line, as */test-*"
          value={draft.excludeRepositories}
          error={errors.excludeRepositories}
          onChange={(excludeRepositories) => onChange({ excludeRepositories })}
        />
        <Lines
          label="Only tags"
          hint="One a line, as v* or latest. Empty means all."
          value={draft.tagsInclude}
          error={errors.tagsInclude}
          onChange={(tagsInclude) => onChange({ tagsInclude })}
        />
        <Lines
          label="Tags to leave out"
          hint="One a line, as *-rc*"
          value={draft.tagsExclude}
          error={errors.tagsExclude}
          onChange={(tagsExclude) => onChange({ tagsExclude })}
        />
        <Lines
          label="Platforms"
          hint="One a line, as linux/arm64; each is read. Empty reads linux/amd64, or what there is."
          value={draft.platforms}
          error={errors.platforms}
          onChange={(platforms) => onChange({ platforms })}
        />
        <Check
          label="Believe SBOMs that are attached to images, instead of reading layers"
          checked={draft.attachedSboms}
          onChange={(event) => onChange({ attachedSboms: event.currentTarget.checked })}
        />
        <p className="faint">
          Quicker, and as true as whoever attached them: flaws of what an SBOM leaves out are not found. Such images are
          marked as partial.
        </p>
      </Fold>
    </>
  );
}

function newestHint({ by, but }: ConnectionKind['newest']): string {
  if (by === 'name')
    return 'By name: latest, then the highest versions. This registry does not say when tags were pushed.';
  return but === null ? 'Those that were pushed last.' : `Those that were pushed last; ${but}.`;
}
