import type { ConnectionRow } from '@hullcheck/contract';
import { type FormEvent, useState } from 'react';
import { Button } from '../../design/button.tsx';
import { Check, Field, Input, Select, TextArea } from '../../design/field.tsx';
import { SidePanel } from '../../design/panel.tsx';
import { failureWords, Notice } from '../../design/states.tsx';
import { Foreign } from '../../design/text.tsx';
import { type Draft, draftErrors, draftOf, emptyDraft, HUB_URL, inputOf } from './draft.ts';
import { useSave, useTest } from './queries.ts';
import { statusLooks } from './status.ts';

interface FormProps {
  readonly connection: ConnectionRow | undefined;
  readonly registry: string | undefined;
  readonly onClose: () => void;
}

/** Add or change a connection. It is tried before it is saved. */
export function ConnectionForm({ connection, registry, onClose }: FormProps) {
  const [draft, setDraft] = useState<Draft>(() =>
    connection === undefined ? emptyDraft(registry) : draftOf(connection),
  );
  const [tried, setTried] = useState(false);
  const test = useTest();
  const save = useSave(connection?.id);
  const errors = tried ? draftErrors(draft) : {};
  const change = (part: Partial<Draft>): void => {
    setDraft((old) => ({ ...old, ...part }));
    test.reset();
  };
  const valid = (): boolean => {
    setTried(true);
    return Object.keys(draftErrors(draft)).length === 0;
  };
  const kept = draft.auth === 'saved';
  const tryIt = (): void => {
    if (!valid()) return;
    const { auth = { kind: 'anonymous' as const }, ...rest } = inputOf(draft);
    test.mutate({ ...rest, auth });
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (valid()) save.mutate(inputOf(draft), { onSuccess: onClose });
  };
  const hub = draft.kind === 'docker-hub';
  return (
    <SidePanel
      label={connection === undefined ? 'Add a connection' : 'Change a connection'}
      title={<h2>{connection === undefined ? 'Add connection' : 'Change connection'}</h2>}
      of={connection?.id ?? 'new'}
      onClose={onClose}
    >
      <form className="form" onSubmit={submit} noValidate>
        <Field label="Registry">
          {(control) => (
            <Select
              {...control}
              value={draft.kind}
              onChange={(event) =>
                change(
                  event.currentTarget.value === 'docker-hub'
                    ? { kind: 'docker-hub', url: HUB_URL, name: draft.name === '' ? 'Docker Hub' : draft.name }
                    : { kind: 'generic', url: draft.url === HUB_URL ? '' : draft.url },
                )
              }
            >
              <option value="generic">Any registry (distribution API)</option>
              <option value="docker-hub">Docker Hub</option>
            </Select>
          )}
        </Field>
        <Field label="Name" error={errors.name}>
          {(control) => (
            <Input
              {...control}
              value={draft.name}
              maxLength={200}
              autoComplete="off"
              onChange={(event) => change({ name: event.currentTarget.value })}
            />
          )}
        </Field>
        {!hub && (
          <Field label="Address" hint="As https://registry.example.com:5000" error={errors.url}>
            {(control) => (
              <Input
                {...control}
                type="url"
                value={draft.url}
                maxLength={2000}
                autoComplete="off"
                spellCheck={false}
                onChange={(event) => change({ url: event.currentTarget.value })}
              />
            )}
          </Field>
        )}
        <Field label="Sign in as">
          {(control) => (
            <Select
              {...control}
              value={draft.auth}
              onChange={(event) =>
                change({
                  auth:
                    (['anonymous', 'basic', 'token', 'saved'] as const).find(
                      (auth) => auth === event.currentTarget.value,
                    ) ?? 'basic',
                  secret: '',
                })
              }
            >
              {connection !== undefined && connection.auth.kind !== 'anonymous' && (
                <option value="saved">
                  Keep the saved credential{connection.auth.username === null ? '' : ` of ${connection.auth.username}`}
                </option>
              )}
              <option value="basic">User and password</option>
              <option value="token">{hub ? 'Access token of an organisation' : 'Token'}</option>
              <option value="anonymous">Nobody (public repositories)</option>
            </Select>
          )}
        </Field>
        {draft.auth === 'basic' && (
          <Field label="User" error={errors.username}>
            {(control) => (
              <Input
                {...control}
                value={draft.username}
                maxLength={300}
                autoComplete="off"
                spellCheck={false}
                onChange={(event) => change({ username: event.currentTarget.value })}
              />
            )}
          </Field>
        )}
        {(draft.auth === 'basic' || draft.auth === 'token') && (
          <Field
            label={draft.auth === 'basic' ? 'Password' : 'Token'}
            hint={
              hub
                ? 'A personal access token that may read is enough.'
                : 'One that may only read is enough. It is stored encrypted and never shown again.'
            }
            error={errors.secret}
          >
            {(control) => (
              <Input
                {...control}
                type="password"
                value={draft.secret}
                maxLength={20_000}
                autoComplete="new-password"
                onChange={(event) => change({ secret: event.currentTarget.value })}
              />
            )}
          </Field>
        )}
        <Field
          label="Repositories"
          hint={
            hub
              ? 'Docker Hub lists none by itself: name them, one a line, as library/nginx or myorg/*.'
              : 'One a line, * matches within a name. Empty means all that the registry lists.'
          }
          error={errors.repositories}
        >
          {(control) => (
            <TextArea
              {...control}
              rows={3}
              value={draft.repositories}
              spellCheck={false}
              onChange={(event) => change({ repositories: event.currentTarget.value })}
            />
          )}
        </Field>
        <Field label="Newest tags per repository" error={errors.tagsMax}>
          {(control) => (
            <Input
              {...control}
              inputMode="numeric"
              value={draft.tagsMax}
              onChange={(event) => change({ tagsMax: event.currentTarget.value })}
            />
          )}
        </Field>
        {!hub && (
          <details className="fold" open={draft.insecureHttp || draft.ca !== ''}>
            <summary>Certificate and plain HTTP</summary>
            <div className="fold-body form">
              <Field
                label="Certificate authority"
                hint={
                  connection?.tls.ca === true
                    ? 'One is saved; leave empty to keep it.'
                    : 'PEM, where the registry has a certificate of its own.'
                }
                error={errors.ca}
              >
                {(control) => (
                  <TextArea
                    {...control}
                    rows={3}
                    value={draft.ca}
                    spellCheck={false}
                    placeholder="-----BEGIN CERTIFICATE-----"
                    onChange={(event) => change({ ca: event.currentTarget.value })}
                  />
                )}
              </Field>
              <Check
                label="Allow plain HTTP to this registry: the credential is then readable on the way"
                checked={draft.insecureHttp}
                onChange={(event) => change({ insecureHttp: event.currentTarget.checked })}
              />
            </div>
          </details>
        )}
        <div role="status" className="stack">
          {test.data !== undefined && (
            <Notice
              band={test.data.status === 'connected' ? 'ok' : '3'}
              icon={test.data.status === 'connected' ? 'check' : 'warning'}
            >
              <span>
                <b>{statusLooks[test.data.status].word}.</b> <Foreign text={test.data.detail} />
              </span>
            </Notice>
          )}
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
          <Button
            look={test.data?.status === 'connected' || kept ? 'plain' : 'primary'}
            busy={test.isPending}
            disabled={kept}
            onClick={tryIt}
          >
            {test.isPending ? 'Testing…' : 'Test'}
          </Button>
          <Button
            look={test.data?.status === 'connected' || kept ? 'primary' : 'plain'}
            type="submit"
            busy={save.isPending}
          >
            {test.data !== undefined && test.data.status !== 'connected' ? 'Save all the same' : 'Save'}
          </Button>
          <Button look="quiet" onClick={onClose}>
            Cancel
          </Button>
        </div>
        {kept && <p className="small muted">The saved credential can't be read back, so it is tested when you save.</p>}
      </form>
    </SidePanel>
  );
}
