import type { BaseRef } from '@hullcheck/contract';
import { Link } from '@tanstack/react-router';
import { Foreign } from '../design/text.tsx';

/** As people write it in a Dockerfile: without Docker Hub's name and its library. */
export function shortBaseName(name: string): string {
  return name.replace(/^docker\.io\/(?:library\/)?/, '');
}

/** The base's name, with the way to it where some list has it still. */
export function BaseName({ base }: { readonly base: BaseRef }) {
  const text = <Foreign text={shortBaseName(base.name)} />;
  if (base.image === null) return <span title="Its tag moved on: no list has this image any more">{text}</span>;
  return (
    <Link to="/images/$id" params={{ id: base.image }}>
      {text}
    </Link>
  );
}
