import type { ImageRow } from '@hullcheck/contract';
import { Link } from '@tanstack/react-router';
import { Button, buttonClass } from '../design/button.tsx';
import { visible } from '../design/foreign-text.ts';
import { Hint } from '../design/hint.tsx';
import { Icon } from '../design/icons.tsx';
import { Progress } from '../design/states.tsx';
import { Ago } from '../design/time.tsx';
import { remediesOf, useAssess } from './image-queries.ts';
import { useMay } from './session.tsx';
import { usePickArchives } from './uploads.tsx';

type Status = ImageRow['assessment'];

/** Where an assessment stands, in words; progress while it runs. */
export function AssessmentText({ status }: { readonly status: Status }) {
  const { activity, progress, state, assessedAt, reason } = status;
  if (activity === 'running') {
    const known = progress !== null && progress.layersTotal > 0;
    const words = known ? `${progress.layersDone} of ${progress.layersTotal} layers` : 'Reading';
    return (
      <span className="row grow">
        <Progress label={`Assessment: ${words}`} value={known ? progress.layersDone / progress.layersTotal : null} />
        <span className="small muted nowrap">{words}</span>
      </span>
    );
  }
  if (activity === 'queued')
    return (
      <span className="row faint nowrap">
        <Icon name="clock" size={14} /> Queued
      </span>
    );
  if (state === 'complete') return assessedAt === null ? <>Assessed</> : <Ago at={assessedAt} />;
  const { icon, word, band } = looks[state];
  const text = (
    <span className={`badge ${band}`}>
      <Icon name={icon} size={12} />
      {word}
    </span>
  );
  if (reason === null) return text;
  return (
    <Hint text={visible(reason)}>
      <button type="button" className="button-link above tooltip-anchor" aria-label={`${word}: ${visible(reason)}`}>
        {text}
      </button>
    </Hint>
  );
}

const looks = {
  partial: { icon: 'partial', word: 'Partial', band: 'badge-2' },
  'not-assessable': { icon: 'unknown', word: 'Not assessable', band: '' },
  failed: { icon: 'warning', word: 'Failed', band: 'badge-4' },
  none: { icon: 'unknown', word: 'Not assessed', band: '' },
} as const;

interface RemedyProps {
  readonly image: Pick<ImageRow, 'id' | 'registry' | 'assessment'>;
  readonly name: string;
  readonly small?: boolean;
}

/** The buttons that mend a row: Assess, Connect, Upload. */
export function RemedyButtons({ image, name, small = true }: RemedyProps) {
  const assess = useAssess();
  const pick = usePickArchives();
  const mayOperate = useMay('operator');
  const mayAdminister = useMay('admin');
  return remediesOf(image.assessment).map((remedy) => {
    if (remedy === 'assess')
      return (
        mayOperate && (
          <Button
            key={remedy}
            small={small}
            className="above"
            busy={assess.isPending}
            aria-label={`Assess ${visible(name)}`}
            onClick={() => assess.mutate(image.id)}
          >
            Assess
          </Button>
        )
      );
    if (remedy === 'connect')
      return (
        mayAdminister && (
          <Link
            key={remedy}
            to="/connections"
            search={{ edit: 'new', ...(image.registry === null ? {} : { registry: image.registry }) }}
            className={`${buttonClass('plain', small)} above`}
            aria-label={`Connect the registry of ${visible(name)}`}
          >
            Connect
          </Link>
        )
      );
    return (
      mayOperate && (
        <Button
          key={remedy}
          small={small}
          className="above"
          aria-label={`Upload ${visible(name)}`}
          onClick={() => pick(image.id)}
        >
          Upload
        </Button>
      )
    );
  });
}
