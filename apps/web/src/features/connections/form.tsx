import { type ConnectionRow, connectionKinds, kindOf } from '@hullcheck/contract';
import { type FormEvent, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { Button } from '../../design/button.tsx';
import { Field, Select } from '../../design/field.tsx';
import { SidePanel } from '../../design/panel.tsx';
import { failureWords, Notice } from '../../design/states.tsx';
import { Foreign } from '../../design/text.tsx';
import { ConfirmButtons, Confirmed } from './confirmations.tsx';
import { CredentialFields, Lines, Text } from './credential-fields.tsx';
import { copyOf, type Draft, draftOf, emptyDraft, inputOf, ofKind } from './draft.ts';
import { draftErrors } from './draft-errors.ts';
import { kindWords } from './kinds.ts';
import { useSave, useTest } from './queries.ts';
import { RepositoryCredentials } from './repository-credentials.tsx';
import { ScopeFields } from './scope-fields.tsx';
import { SecurityFields } from './security-fields.tsx';
import { partialLooks, statusLooks } from './status.ts';

interface FormProps {
  readonly connection: ConnectionRow | undefined;
  /** The connection whose fields a new one begins with. */
  readonly copied: ConnectionRow | undefined;
  readonly registry: string | undefined;
  readonly onClose: () => void;
}

/** Add or change a connection. It is tried before it is saved. */
export function ConnectionForm({ connection, copied, registry, onClose }: FormProps) {
  const [draft, setDraft] = useState<Draft>(() =>
    connection !== undefined ? draftOf(connection) : copied !== undefined ? copyOf(copied) : emptyDraft(registry),
  );
  const form = useRef<HTMLFormElement>(null);
  const [tried, setTried] = useState(false);
  const test = useTest();
  const save = useSave(connection?.id);
  const errors = tried ? draftErrors(draft) : {};
  const change = (part: Partial<Draft>): void => {
    setDraft((old) => ({ ...old, ...part }));
    test.reset();
  };
  const valid = (): boolean => {
    // What is wrong is drawn at once, so that whoever wrote it is led there, also within what is folded.
    flushSync(() => setTried(true));
    const wrong = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
    const fold = wrong?.closest('details');
    if (fold != null) fold.open = true;
    wrong?.focus();
    return Object.keys(draftErrors(draft)).length === 0;
  };
  const tryIt = (): void => {
    if (valid()) test.mutate({ ...inputOf(draft), ...(connection === undefined ? {} : { saved: connection.id }) });
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (valid()) save.mutate(inputOf(draft), { onSuccess: onClose });
  };
  const kind = kindOf(draft.kind);
  const words = kindWords[draft.kind];
  const saved =
    connection === undefined || connection.auth.kind === 'anonymous' ? null : (connection.auth.username ?? '');
  return (
    <SidePanel
      label={connection === undefined ? 'Add a connection' : 'Change a connection'}
      title={<h2>{connection === undefined ? 'Add connection' : 'Change connection'}</h2>}
      of={connection?.id ?? 'new'}
      onClose={onClose}
    >
      <form ref={form} className="form" onSubmit={submit} noValidate>
        <Field label="Registry" hint={`Tried with ${kind.triedWith}. Not tried: ${kind.unproven}.`}>
          {(control) => (
            <Select
              {...control}
              value={draft.kind}
              onChange={(event) => {
                const chosen = connectionKinds.find(({ id }) => id === event.currentTarget.value);
                if (chosen !== undefined) change(ofKind(chosen.id, draft));
              }}
            >
              {connectionKinds.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Text label="Name" value={draft.name} error={errors.name} onChange={(name) => change({ name })} />
        {words.address !== null && (
          <Text
            label={words.address.label}
            hint={words.address.hint}
            value={draft.url}
            error={errors.url}
            onChange={(url) => change({ url })}
          />
        )}
        {draft.kind === 'ecr' && (
          <>
            <Text
              label="Account ID"
              hint="Of the registry, 12 digits"
              value={draft.account}
              error={errors.account}
              onChange={(account) => change({ account })}
            />
            <Text
              label="Region"
              hint="As eu-west-1"
              value={draft.region}
              error={errors.region}
              onChange={(region) => change({ region })}
            />
          </>
        )}
        {words.api !== undefined && (
          <Text
            label={words.api.label}
            hint={words.api.hint}
            value={draft.apiUrl}
            error={errors.apiUrl}
            onChange={(apiUrl) => change({ apiUrl })}
          />
        )}
        {words.namespaces !== undefined && (
          <Lines
            label={words.namespaces.label}
            hint={words.namespaces.hint}
            value={draft.namespaces}
            error={errors.namespaces}
            onChange={(namespaces) => change({ namespaces })}
          />
        )}
        <CredentialFields kind={draft.kind} draft={draft} errors={errors} saved={saved} onChange={change} />
        <Lines
          label="Repositories"
          hint={words.repositories}
          rows={3}
          value={draft.repositories}
          error={errors.repositories}
          onChange={(repositories) => change({ repositories })}
        />
        <ScopeFields draft={draft} errors={errors} onChange={change} />
        <RepositoryCredentials
          kind={draft.kind}
          entries={draft.repositoryCredentials}
          errors={errors.ofRepositories ?? []}
          onChange={(repositoryCredentials) => change({ repositoryCredentials })}
        />
        {words.fixedUrl === undefined ? (
          <SecurityFields draft={draft} errors={errors} saved={connection?.tls} onChange={change} />
        ) : (
          <Confirmed draft={draft} onChange={change} />
        )}
        <div role="status" className="stack">
          {test.data !== undefined && (
            <Notice
              band={test.data.status === 'connected' ? (test.data.partial === null ? 'ok' : '2') : '3'}
              icon={test.data.status === 'connected' && test.data.partial === null ? 'check' : 'warning'}
            >
              <span>
                <b>
                  {test.data.partial === null
                    ? statusLooks[test.data.status].word
                    : partialLooks[test.data.partial].test}
                  .
                </b>{' '}
                <Foreign text={test.data.detail} />
              </span>
            </Notice>
          )}
          {test.data !== undefined && <ConfirmButtons trial={test.data} draft={draft} onChange={change} />}
          {test.error !== null && (
            <Notice band="4" icon="warning">
              <span>The test could not be made. {failureWords(test.error).why}</span>
            </Notice>
          )}
          {save.error !== null && (
            <Notice band="4" icon="warning">
              <span>
                Not saved. {failureWords(save.error).why} {failureWords(save.error).what}
              </span>
            </Notice>
          )}
        </div>
        <div className="form-actions">
          <Button look={test.data?.status === 'connected' ? 'plain' : 'primary'} busy={test.isPending} onClick={tryIt}>
            {test.isPending ? 'Testing…' : 'Test'}
          </Button>
          <Button look={test.data?.status === 'connected' ? 'primary' : 'plain'} type="submit" busy={save.isPending}>
            {test.data !== undefined && test.data.status !== 'connected' ? 'Save all the same' : 'Save'}
          </Button>
          <Button look="quiet" onClick={onClose}>
            Cancel
          </Button>
        </div>
      </form>
    </SidePanel>
  );
}
