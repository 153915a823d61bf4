import type { Overview } from '@hullcheck/contract';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useMay } from '../../app/session.tsx';
import { usePickArchives } from '../../app/uploads.tsx';
import { Button } from '../../design/button.tsx';
import { counted } from '../../design/format.ts';
import { Icon } from '../../design/icons.tsx';
import { failureWords } from '../../design/states.tsx';
import { Foreign } from '../../design/text.tsx';
import { useSamples } from './queries.ts';

type StepState = Overview['steps']['agent'];

/** The four first steps, each with what to do next; gone when all are done. */
export function FirstSteps({ steps }: { readonly steps: Overview['steps'] }) {
  const pick = usePickArchives();
  const samples = useSamples();
  const mayOperate = useMay('operator');
  const mayAdminister = useMay('admin');
  const all = [steps.agent, steps.images, steps.assessed, steps.connection];
  const done = all.filter((step) => step.done).length;
  if (done === all.length) return null;
  return (
    <section className="card" aria-label="First steps">
      <ol className="steps">
        <Step number={1} title="An agent reports" step={steps.agent} result={counted(steps.agent.count, 'host')}>
          <p className="muted">It lists the images and containers of a host.</p>
          {mayAdminister && <Link to="/hosts">Add a host</Link>}
        </Step>
        <Step number={2} title="Images are found" step={steps.images} result={counted(steps.images.count, 'image')}>
          <p className="muted">From hosts, registries, or archives that you upload.</p>
          {mayOperate && (
            <span className="row row-wrap">
              <button type="button" className="button-link" onClick={() => pick()}>
                Upload an archive
              </button>
            </span>
          )}
        </Step>
        <Step
          number={3}
          title="Images are assessed"
          step={steps.assessed}
          result={counted(steps.assessed.count, 'image')}
        >
          <p className="muted">Starts by itself as soon as an image is found.</p>
          <Link to="/settings/$section" params={{ section: 'jobs' }}>
            See what runs
          </Link>
        </Step>
        <Step
          number={4}
          title="A registry is connected"
          step={steps.connection}
          result={counted(steps.connection.count, 'connection')}
        >
          <p className="muted">Then images are assessed before anybody runs them.</p>
          {mayAdminister && (
            <Link to="/connections" search={{ edit: 'new' }}>
              Connect a registry
            </Link>
          )}
        </Step>
      </ol>
      {mayOperate && (
        <div className="steps-foot row row-wrap">
          <span className="muted grow">Only looking around? Sample images show what an assessment says.</span>
          {samples.error !== null && <span className="field-error">{failureWords(samples.error).why}</span>}
          <Button small icon="samples" busy={samples.isPending} onClick={() => samples.mutate()}>
            {samples.isSuccess ? 'Samples are being read' : 'Load samples'}
          </Button>
        </div>
      )}
    </section>
  );
}

interface StepProps {
  readonly number: number;
  readonly title: string;
  readonly step: StepState;
  readonly result: string;
  readonly children: ReactNode;
}

function Step({ number, title, step, result, children }: StepProps) {
  return (
    <li className={step.done ? 'step-done' : undefined}>
      <h2>
        <span className="step-mark">{step.done ? <Icon name="check" size={12} /> : number}</span>
        {title}
        {step.done && <span className="visually-hidden">, done</span>}
      </h2>
      {step.done ? <p className="muted">{result}</p> : children}
      {step.detail !== null && (
        <p className="small muted">
          <Foreign text={step.detail} />
        </p>
      )}
    </li>
  );
}
