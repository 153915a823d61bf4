import { toFault } from '@hullcheck/core';
import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import { visible } from './foreign-text.ts';
import { Icon, type IconName } from './icons.tsx';
import { Ago } from './time.tsx';

interface BlankProps {
  readonly icon: IconName;
  readonly title: string;
  /** What will appear here, and how to make it appear. */
  readonly children: ReactNode;
  readonly actions?: ReactNode;
  /** It is the whole page, so its title is the page's. */
  readonly page?: boolean;
}

export function Blank({ icon, title, children, actions, page = false }: BlankProps) {
  const Title = page ? 'h1' : 'h2';
  return (
    <div className="blank">
      <Icon name={icon} size={24} />
      <Title>{title}</Title>
      <p>{children}</p>
      {actions !== undefined && <div className="row row-wrap">{actions}</div>}
    </div>
  );
}

/** What was being done, why it failed, and what to do. */
export function failureWords(error: unknown): { readonly why: string; readonly what: string | undefined } {
  const fault = toFault(error, 'the page itself failed');
  const place = fault.place === undefined ? '' : ` (${visible(fault.place)})`;
  const sentence = visible(fault.message);
  const why = `${sentence.charAt(0).toUpperCase()}${sentence.slice(1).replace(/\.$/, '')}${place}.`;
  return { why, what: fault.hint === undefined ? undefined : visible(fault.hint) };
}

interface FailureProps {
  /** `The images can't be shown`. */
  readonly title: string;
  readonly error: unknown;
  readonly onRetry?: () => void;
  /** It is the whole page, so its title is the page's. */
  readonly page?: boolean;
}

export function Failure({ title, error, onRetry, page = false }: FailureProps) {
  const Title = page ? 'h1' : 'h2';
  const { why, what } = failureWords(error);
  return (
    <div className="blank" role="alert">
      <Icon name="warning" size={24} />
      <Title>{title}</Title>
      <p>
        {why} {what}
      </p>
      {onRetry !== undefined && (
        <Button icon="refresh" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** What is shown is older than it should be. */
export function Stale({
  updatedAtMs,
  error,
  onRetry,
}: {
  readonly updatedAtMs: number;
  readonly error: unknown;
  readonly onRetry: () => void;
}) {
  return (
    <Notice band="2" icon="clock">
      This is what was known <Ago at={new Date(updatedAtMs).toISOString()} />. {failureWords(error).why}{' '}
      <button type="button" className="button-link" onClick={onRetry}>
        Try again
      </button>
    </Notice>
  );
}

interface NoticeProps {
  readonly band: '1' | '2' | '3' | '4' | 'none' | 'accent' | 'ok';
  readonly icon?: IconName;
  readonly children: ReactNode;
  readonly role?: 'alert' | 'status';
}

export function Notice({ band, icon = 'info', children, role }: NoticeProps) {
  return (
    <div className={`notice ${band === 'accent' || band === 'ok' ? `notice-${band}` : `band-${band}`}`} role={role}>
      <Icon name={icon} />
      <div className="grow stack">{children}</div>
    </div>
  );
}

/** A bar where text will stand: the layout is there before the answer. */
export function Bone({ width }: { readonly width?: number | string }) {
  return <span className="skeleton" style={width === undefined ? undefined : { width }} />;
}

export function Loading({ label = 'Loading' }: { readonly label?: string }) {
  return (
    <span className="visually-hidden" role="status">
      {label}
    </span>
  );
}

/** A paragraph's worth of bars, for panels and pages. */
export function BoneBlock({ lines = 4 }: { readonly lines?: number }) {
  const widths = ['62%', '88%', '74%', '46%', '80%', '58%', '70%', '38%'];
  return (
    <div className="stack-16">
      <Loading />
      {widths.slice(0, lines).map((width) => (
        <Bone key={width} width={width} />
      ))}
    </div>
  );
}

/** `done` of `total` (0..1), or moving where the size is not known. */
export function Progress({ value, label }: { readonly value: number | null; readonly label: string }) {
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={value === null ? undefined : Math.round(value * 100)}
      className={`progress grow${value === null ? ' progress-unknown' : ''}`}
    >
      <span style={value === null ? undefined : { width: `${value * 100}%` }} />
    </div>
  );
}
