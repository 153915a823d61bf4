import type { ContainerAdvice } from '@hullcheck/contract';
import { Link } from '@tanstack/react-router';
import { counted } from '../design/format.ts';
import { Hint } from '../design/hint.tsx';
import { shortBaseName } from './base-name.tsx';

type Action = ContainerAdvice['action'];

const words: { readonly [action in Action]: string } = {
  redeploy: 'Redeploy',
  rebuild: 'Rebuild',
  'change-code': 'Change code',
  wait: 'No fix yet',
  none: 'Nothing to do',
};

export function AdviceWord({ action }: { readonly action: Action }) {
  const isWork = action === 'redeploy' || action === 'rebuild' || action === 'change-code';
  return <span className={isWork ? 'badge' : 'faint'}>{words[action]}</span>;
}

/** What to do about a container, with why on hover and focus. */
export function Advice({ advice }: { readonly advice: ContainerAdvice | null }) {
  if (advice === null) return <span className="faint">–</span>;
  const word = <AdviceWord action={advice.action} />;
  return (
    <Hint text={explainAdvice(advice)}>
      {advice.now === null ? (
        <span className="above tooltip-anchor">{word}</span>
      ) : (
        <Link to="/images/$id" params={{ id: advice.now.image }} className="above tooltip-anchor">
          {word}
        </Link>
      )}
    </Hint>
  );
}

export function explainAdvice({ action, tag, now, base, baseUpdate, fixable }: ContainerAdvice): string {
  const registry =
    tag === 'current' ? ' Its tag is what the registry has.' : tag === 'unknown' ? ' No connection reads its tag.' : '';
  const fixes = counted(fixable.inherited + fixable.system, 'vulnerability', 'vulnerabilities');
  const from = base === null ? 'its base' : shortBaseName(base.name);
  switch (action) {
    case 'redeploy':
      return `Its tag names another image by now${now === null || now.risk === null ? '' : ` of risk ${now.risk}`}: start it anew to run that one.`;
    case 'rebuild':
      if (fixable.inherited + fixable.system === 0)
        return `A newer image of ${from} is known: a rebuild would bring it.${registry}`;
      return `A rebuild would clear ${fixes} that have a fix${
        fixable.inherited === 0
          ? ''
          : `, ${fixable.inherited} of them from ${from}${baseUpdate ? ', which is newer by now' : ''}`
      }.${registry}`;
    case 'change-code':
      return `${counted(fixable.application, 'vulnerability', 'vulnerabilities')} in dependencies of the application have a fix: update them in its lock files.${registry}`;
    case 'wait':
      return `What is wrong with it has no released fix.${registry}`;
    case 'none':
      return `Nothing is known to be wrong with its image.${registry}`;
  }
}
