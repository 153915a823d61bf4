import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useDeferredValue, useEffect, useId, useRef, useState } from 'react';
import { Icon, type IconName } from '../design/icons.tsx';
import { Risk } from '../design/risk.tsx';
import { Middle } from '../design/text.tsx';
import { useApi } from './api.tsx';
import { imageName } from './image-name.ts';
import type { WhereSearch } from './search.ts';

interface Choice {
  readonly key: string;
  readonly icon: IconName;
  readonly text: string;
  readonly note?: string;
  readonly risk?: number | null;
  readonly go: () => void;
}

/** Ids of vulnerabilities that people paste: CVE, GHSA, PYSEC, GO, DSA, DLA, ALPINE-CVE … */
export function vulnerabilityId(text: string): string | undefined {
  const match = /^\s*((?:CVE|GHSA|PYSEC|GO|DSA|DLA|TEMP|OSV|MAL|RUSTSEC)-[\w.-]{3,90})\s*$/i.exec(text);
  if (match?.[1] === undefined) return undefined;
  return /^ghsa/i.test(match[1]) ? `GHSA${match[1].slice(4).toLowerCase()}` : match[1].toUpperCase();
}

/** What the text can only mean: a purl, the digest of a layer, a hash or path of a file. */
export function thing(text: string): readonly WhereSearch[] {
  if (/^pkg:[a-z]/i.test(text)) return [{ purl: text }];
  if (/^sha(?:256|512):[0-9a-f]{64,128}$/.test(text)) return [{ layer: text }];
  if (/^[0-9a-f]{40}$/i.test(text) || /^\/?(?:[\w.@+-]+\/)+[\w.@+-]+\.[A-Za-z]\w*$/.test(text)) return [{ file: text }];
  return [];
}

/** Search over everything, from everywhere: images, vulnerabilities by id, pages. */
export function Palette({ onClose }: { readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const listId = useId();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const query = useDeferredValue(text.trim());
  const choices = useChoices(query, onClose);
  useEffect(() => {
    const element = dialog.current;
    if (element !== null && !element.open) element.showModal();
  }, []);
  const active = Math.min(at, Math.max(0, choices.length - 1));
  return (
    <dialog ref={dialog} className="dialog palette" aria-label="Search" onClose={onClose}>
      <input
        className="palette-input"
        role="combobox"
        aria-label="Search images, vulnerabilities and pages"
        aria-expanded={choices.length > 0}
        aria-controls={listId}
        aria-activedescendant={choices.length === 0 ? undefined : `${listId}-${active}`}
        placeholder="Image, digest, package or CVE"
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
          if (step !== 0) {
            event.preventDefault();
            setAt((active + step + choices.length) % Math.max(1, choices.length));
          }
          if (event.key === 'Enter') choices[active]?.go();
        }}
      />
      <div className="palette-list" role="listbox" id={listId} aria-label="Results" tabIndex={-1}>
        {choices.map((choice, index) => (
          <div
            key={choice.key}
            id={`${listId}-${index}`}
            role="option"
            aria-selected={index === active}
            tabIndex={-1}
            onPointerMove={() => setAt(index)}
            onClick={choice.go}
            onKeyDown={(event) => {
              if (event.key === 'Enter') choice.go();
            }}
          >
            <Icon name={choice.icon} />
            <span className="grow">
              <Middle text={choice.text} tailMax={32} />
            </span>
            {choice.note !== undefined && <span className="small faint">{choice.note}</span>}
            {choice.risk !== undefined && <Risk risk={choice.risk} />}
          </div>
        ))}
        {choices.length === 0 && (
          <p className="card-pad muted">Nothing matches. Names, tags, digests, packages and CVE ids are searched.</p>
        )}
      </div>
    </dialog>
  );
}

function useChoices(query: string, onClose: () => void): readonly Choice[] {
  const api = useApi();
  const navigate = useNavigate();
  const images = useQuery({
    queryKey: ['images', 'search', query],
    queryFn: () => api.call('images.list', { query: { q: query.slice(0, 300), limit: 8 } }),
    enabled: query !== '',
  });
  const then = (going: Promise<void>): void => {
    void going;
    onClose();
  };
  const packages = useQuery({
    queryKey: ['packages', 'names', query],
    queryFn: () => api.call('packages.names', { query: { q: query.slice(0, 300), limit: 5 } }),
    enabled: query.length > 1,
  });
  const pages: readonly Choice[] = [
    { key: 'overview', icon: 'activity', text: 'Overview', go: () => then(navigate({ to: '/overview' })) },
    { key: 'containers', icon: 'containers', text: 'Containers', go: () => then(navigate({ to: '/containers' })) },
    { key: 'hosts', icon: 'hosts', text: 'Hosts', go: () => then(navigate({ to: '/hosts' })) },
    {
      key: 'repositories',
      icon: 'repositories',
      text: 'Repositories',
      go: () => then(navigate({ to: '/repositories' })),
    },
    {
      key: 'vulnerabilities',
      icon: 'vulnerabilities',
      text: 'Vulnerabilities',
      go: () => then(navigate({ to: '/vulnerabilities' })),
    },
    { key: 'connections', icon: 'connections', text: 'Connections', go: () => then(navigate({ to: '/connections' })) },
    {
      key: 'database',
      icon: 'settings',
      text: 'Vulnerability database',
      go: () => then(navigate({ to: '/settings/$section', params: { section: 'database' } })),
    },
  ];
  const wanted = query.toLowerCase();
  const id = vulnerabilityId(query);
  return [
    ...(id === undefined
      ? []
      : [
          {
            key: id,
            icon: 'vulnerabilities' as const,
            text: id,
            note: 'where is it running?',
            go: () => then(navigate({ to: '/vulnerabilities/$id', params: { id } })),
          },
        ]),
    ...thing(query).map((search) => ({
      key: 'where',
      icon: 'search' as const,
      text: query,
      note: 'where is this?',
      go: () => then(navigate({ to: '/where', search })),
    })),
    ...(images.data?.items ?? []).map((image) => ({
      key: image.id,
      icon: 'containers' as const,
      text: imageName(image),
      note: image.tags.slice(0, 2).join(' '),
      risk: image.risk,
      go: () => then(navigate({ to: '/images/$id', params: { id: image.id } })),
    })),
    ...(packages.data?.items ?? []).map(({ type, name }) => ({
      key: `package ${type} ${name}`,
      icon: 'search' as const,
      text: name,
      note: `where is this ${type} package?`,
      go: () => then(navigate({ to: '/where', search: { package: name, type } })),
    })),
    ...pages.filter((page) => page.text.toLowerCase().includes(wanted)),
  ];
}
