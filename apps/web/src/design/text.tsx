import { useEffect, useState } from 'react';
import { IconButton } from './button.tsx';
import { foreignPieces, middleCut, safeLink, shortDigest, visible } from './foreign-text.ts';
import { Icon } from './icons.tsx';

/** Text from an image, a registry, a host or a feed. Nothing in it can hide, turn or pose as the page's own words. */
export function Foreign({ text }: { readonly text: string }) {
  const pieces = foreignPieces(text);
  const [first] = pieces;
  if (pieces.length === 1 && first?.kind === 'text') return <bdi>{first.text}</bdi>;
  let at = 0;
  return (
    <bdi>
      {pieces.map((piece) => {
        at += 1;
        return piece.kind === 'text' ? (
          <span key={at}>{piece.text}</span>
        ) : (
          <span key={at} className="hidden-character">
            {piece.code}
          </span>
        );
      })}
    </bdi>
  );
}

/** A long name cut in the middle; whole on hover, for screen readers (the pieces would be read as two words) and when copied. */
export function Middle({ text, tailMax }: { readonly text: string; readonly tailMax?: number }) {
  const { head, tail } = middleCut(text, tailMax);
  if (tail === '')
    return (
      <span className="middle" title={visible(text)}>
        <span>
          <Foreign text={text} />
        </span>
      </span>
    );
  return (
    <span
      className="middle"
      title={visible(text)}
      onCopy={(event) => {
        event.preventDefault();
        event.clipboardData.setData('text/plain', text);
      }}
    >
      <span aria-hidden="true">
        <Foreign text={head} />
      </span>
      <span aria-hidden="true">
        <Foreign text={tail} />
      </span>
      <span className="visually-hidden">{visible(text)}</span>
    </span>
  );
}

export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1_600);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <IconButton
      small
      icon={copied ? 'check' : 'copy'}
      label={copied ? 'Copied' : label}
      className="above"
      onClick={() => {
        // Refused outside secure contexts (plain HTTP on another host): the text can still be selected.
        void navigator.clipboard?.writeText(text).then(
          () => setCopied(true),
          () => setCopied(false),
        );
      }}
    />
  );
}

export function DigestText({ digest, copy = true }: { readonly digest: string; readonly copy?: boolean }) {
  return (
    <span className="row nowrap">
      <code title={visible(digest)}>
        <Foreign text={shortDigest(digest)} />
      </code>
      {copy && <CopyButton text={digest} label="Copy digest" />}
    </span>
  );
}

/** A command to run, whole and copied whole. */
export function Command({ text }: { readonly text: string }) {
  return (
    <div className="command">
      <code>
        <Foreign text={text} />
      </code>
      <CopyButton text={text} label="Copy command" />
    </div>
  );
}

/** A link out of the console: only http and https, and it takes nothing along. Other addresses stay text. */
export function OutLink({ address, text }: { readonly address: string; readonly text?: string }) {
  const href = safeLink(address);
  if (href === undefined) return <Foreign text={text ?? address} />;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer" className="row" title={visible(address)}>
      <span className="cut">
        <Foreign text={text ?? address} />
      </span>
      <Icon name="external" size={12} />
    </a>
  );
}
