import { getRouteApi, Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { packageOf } from '../../app/package-of.ts';
import { PLACES_FIRST, PLACES_MAX, PlacesView } from '../../app/places.tsx';
import type { WhereSearch } from '../../app/search.ts';
import { Button } from '../../design/button.tsx';
import { Field, Input, Select } from '../../design/field.tsx';
import { counted } from '../../design/format.ts';
import { Blank, BoneBlock, Failure, Notice, Stale } from '../../design/states.tsx';
import { Foreign } from '../../design/text.tsx';
import { useWhere } from './queries.ts';

const route = getRouteApi('/where');

const kinds = {
  package: {
    text: 'Package',
    label: 'Name or purl',
    placeholder: 'openssl, or pkg:npm/lodash@4.17.20',
    hint: 'As its ecosystem writes it, or the name of the source package.',
  },
  layer: {
    text: 'Layer',
    label: 'Digest',
    placeholder: 'sha256:…',
    hint: 'Its diffID, or the digest of the layer as it is stored.',
  },
  file: {
    text: 'File',
    label: 'Path, SHA-1 or SHA-256',
    placeholder: 'var/lib/dpkg/status',
    hint: 'Files that say which packages are there are known by path, archives of Java by SHA-1 too.',
  },
} as const;
type Kind = keyof typeof kinds;

/** Where is this package, layer or file? */
export function WherePage() {
  const search = route.useSearch();
  const asked = search.package ?? search.purl ?? search.layer ?? search.file;
  return (
    <div className="page">
      <nav aria-label="Where this is" className="small">
        <Link to="/vulnerabilities">Vulnerabilities</Link>
      </nav>
      <h1>{asked === undefined ? 'Where is this?' : <Foreign text={asked} />}</h1>
      <WhereForm key={JSON.stringify(search)} search={search} />
      {asked !== undefined && <Answer key={`answer ${JSON.stringify(search)}`} search={search} asked={asked} />}
    </div>
  );
}

function WhereForm({ search }: { readonly search: WhereSearch }) {
  const navigate = route.useNavigate();
  const [kind, setKind] = useState<Kind>(
    search.layer !== undefined ? 'layer' : search.file !== undefined ? 'file' : 'package',
  );
  const [text, setText] = useState(search.package ?? search.purl ?? search.layer ?? search.file ?? '');
  const [version, setVersion] = useState(search.version ?? '');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const value = text.trim();
    if (value === '') return;
    const range = version.trim();
    void navigate({
      search:
        kind !== 'package'
          ? { [kind]: value }
          : value.startsWith('pkg:')
            ? { purl: value, ...(range === '' ? {} : { version: range }) }
            : {
                package: value,
                // The kind of package belongs to the name that it came with.
                ...(search.type === undefined || value !== search.package ? {} : { type: search.type }),
                ...(range === '' ? {} : { version: range }),
              },
    });
  };
  return (
    <form className="card card-pad where-form" onSubmit={submit}>
      <Field label="Find a">
        {(control) => (
          <Select {...control} value={kind} onChange={(event) => setKind(event.currentTarget.value as Kind)}>
            {Object.entries(kinds).map(([value, one]) => (
              <option key={value} value={value}>
                {one.text}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field label={kinds[kind].label} hint={kinds[kind].hint}>
        {(control) => (
          <Input
            {...control}
            value={text}
            maxLength={1_000}
            placeholder={kinds[kind].placeholder}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        )}
      </Field>
      {kind === 'package' && (
        <Field label="Versions" hint="Empty for all.">
          {(control) => (
            <Input
              {...control}
              value={version}
              maxLength={200}
              placeholder=">=5.6.0, <=5.6.1"
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => setVersion(event.currentTarget.value)}
            />
          )}
        </Field>
      )}
      <Button look="primary" type="submit" icon="search">
        Find
      </Button>
    </form>
  );
}

function Answer({ search, asked }: { readonly search: WhereSearch; readonly asked: string }) {
  const [limit, setLimit] = useState(PLACES_FIRST);
  const where = useWhere(search, limit);
  if (where.data === undefined)
    return where.error === null ? (
      <BoneBlock lines={8} />
    ) : (
      <Failure title="It can't be said where this is" error={where.error} onRetry={() => void where.refetch()} />
    );
  const { data } = where;
  return (
    <>
      {where.error !== null && (
        <Stale updatedAtMs={where.dataUpdatedAt} error={where.error} onRetry={() => void where.refetch()} />
      )}
      {data.undetermined > 0 && (
        <Notice band="2">
          <span>
            {counted(data.undetermined, 'version')} can't be compared with {search.version}: images with{' '}
            {data.undetermined === 1 ? 'it' : 'them'} are not listed. Take the range away to see all.
          </span>
        </Notice>
      )}
      {data.versions.length > 0 && (
        <p className="muted">
          {counted(data.versions.length, 'version')}: <Foreign text={data.versions.slice(0, 8).join(', ')} />
          {data.versions.length > 8 && ' …'}
        </p>
      )}
      {data.totals.images === 0 ? (
        <Blank icon="search" title="In no assessed image">
          No image that has been assessed has <Foreign text={asked} />. Images that are not assessed, or only in part,
          may still: see{' '}
          <Link to="/containers" search={{ state: 'none' }}>
            not assessed
          </Link>{' '}
          and{' '}
          <Link to="/containers" search={{ state: 'partial' }}>
            partial
          </Link>
          .
        </Blank>
      ) : (
        <PlacesView
          places={data}
          shorten={packageOf}
          onMore={limit < PLACES_MAX ? () => setLimit(PLACES_MAX) : undefined}
        />
      )}
    </>
  );
}
