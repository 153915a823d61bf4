import { Fault } from '@hullcheck/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useEffect, useState } from 'react';
import { GateBox } from '../../app/gate-box.tsx';
import { useSession } from '../../app/session.tsx';
import { Button } from '../../design/button.tsx';
import { Field, Input } from '../../design/field.tsx';
import { failureWords, Notice } from '../../design/states.tsx';
import { useSetup, useSignIn } from './queries.ts';
import { parseSetupToken } from './token.ts';

export function SignInPage() {
  const signIn = useSignIn();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    signIn.mutate({ email, password });
  };
  return (
    <GateBox title="Sign in">
      <form className="form" onSubmit={submit}>
        {signIn.error !== null && (
          <FormFailure error={signIn.error} wrong="The e-mail address or the password is not right." />
        )}
        <Field label="E-mail">
          {(control) => (
            <Input
              {...control}
              type="email"
              name="email"
              autoComplete="username"
              required
              maxLength={320}
              value={email}
              onChange={(event) => setEmail(event.currentTarget.value)}
            />
          )}
        </Field>
        <Field label="Password">
          {(control) => (
            <Input
              {...control}
              type="password"
              name="password"
              autoComplete="current-password"
              required
              maxLength={128}
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
          )}
        </Field>
        <Button look="primary" type="submit" busy={signIn.isPending}>
          {signIn.isPending ? 'Signing in…' : 'Sign in'}
        </Button>
      </form>
      <p className="small muted">
        Locked out? Run <code>npx --no hullcheck console recover</code> where the console runs: it prints a one-time
        link.
      </p>
    </GateBox>
  );
}

const PASSWORD_MIN = 12;

export function SetupPage() {
  const navigate = useNavigate();
  const session = useSession();
  const setup = useSetup();
  // Taken once, then out of the address bar and the history.
  const [token] = useState(() => parseSetupToken(window.location.hash));
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [left, setLeft] = useState(false);
  useEffect(() => {
    if (window.location.hash !== '') window.history.replaceState(window.history.state, '', window.location.pathname);
  }, []);
  const short =
    left && password.length < PASSWORD_MIN
      ? `${PASSWORD_MIN - password.length} more characters: length is what protects, no special signs needed.`
      : undefined;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setLeft(true);
    if (token === undefined || password.length < PASSWORD_MIN) return;
    setup.mutate({ token, email, password }, { onSuccess: () => void navigate({ to: '/containers', replace: true }) });
  };
  if (session.data?.setup === false && setup.data === undefined)
    return (
      <GateBox title="There is an administrator already">
        <p>This link is for the first one only, and it has been used.</p>
        <Link to="/containers">Sign in</Link>
      </GateBox>
    );
  if (token === undefined)
    return (
      <GateBox title="The link is not whole">
        <p>
          Its one-time token is missing. Open the link that the console printed as a whole, up to its last character
          after <code>#token=</code>.
        </p>
      </GateBox>
    );
  return (
    <GateBox title="Make the first administrator">
      <form className="form" onSubmit={submit}>
        {setup.error !== null && (
          <FormFailure
            error={setup.error}
            wrong="The link is no longer good. Start the console again, or run `hullcheck console recover`: both print a new one."
          />
        )}
        <Field label="E-mail">
          {(control) => (
            <Input
              {...control}
              type="email"
              name="email"
              autoComplete="username"
              required
              maxLength={320}
              value={email}
              onChange={(event) => setEmail(event.currentTarget.value)}
            />
          )}
        </Field>
        <Field
          label="Password"
          hint={`At least ${PASSWORD_MIN} characters. A few words that only you would put together do well.`}
          error={short}
        >
          {(control) => (
            <Input
              {...control}
              type="password"
              name="password"
              autoComplete="new-password"
              required
              maxLength={128}
              value={password}
              onBlur={() => setLeft(password !== '')}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
          )}
        </Field>
        <Button look="primary" type="submit" busy={setup.isPending}>
          {setup.isPending ? 'Making the account…' : 'Make administrator and sign in'}
        </Button>
      </form>
    </GateBox>
  );
}

function FormFailure({ error, wrong }: { readonly error: unknown; readonly wrong: string }) {
  const { why, what } = failureWords(error);
  const refused = error instanceof Fault && error.code === 'unauthenticated';
  return (
    <Notice band="4" icon="warning" role="alert">
      <span>{refused ? wrong : `${why} ${what ?? ''}`}</span>
    </Notice>
  );
}
