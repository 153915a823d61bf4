import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { Mark } from '../design/icons.tsx';
import { BoneBlock, Failure } from '../design/states.tsx';
import { Command } from '../design/text.tsx';
import { GateBox } from './gate-box.tsx';
import { UserContext, useSession, useSessionWatch } from './session.tsx';

const Shell = lazy(() => import('./shell.tsx').then((module) => ({ default: module.Shell })));
const SignIn = lazy(() => import('../features/session/page.tsx').then((module) => ({ default: module.SignInPage })));

/** Lets through who is signed in. Others sign in at the address they asked for, and then are there. */
export function Gate() {
  useSessionWatch();
  const { pathname } = useLocation();
  const session = useSession();
  if (pathname === '/setup') return <Suspense fallback={<GateBones />}>{<Outlet />}</Suspense>;
  if (session.data === undefined) {
    if (session.error === null) return <GateBones />;
    return (
      <main className="gate">
        <Failure
          page
          title="The console can't be reached"
          error={session.error}
          onRetry={() => void session.refetch()}
        />
      </main>
    );
  }
  if (session.data.user !== null)
    return (
      <Suspense fallback={<GateBones />}>
        <UserContext value={{ user: session.data.user, version: session.data.version }}>
          <Shell />
        </UserContext>
      </Suspense>
    );
  if (session.data.setup) return <SetupNeeded />;
  return (
    <Suspense fallback={<GateBones />}>
      <SignIn />
    </Suspense>
  );
}

function GateBones() {
  return (
    <main className="gate">
      <div className="gate-box">
        <div className="gate-brand">
          <Mark size={26} />
          Hullcheck
        </div>
        <BoneBlock lines={3} />
      </div>
    </main>
  );
}

function SetupNeeded() {
  return (
    <GateBox title="No administrator yet">
      <p>
        The console printed a one-time link when it started. Open it to make the first administrator; every start prints
        a new one until then.
      </p>
      <p className="muted">Is the link out of sight? This prints another:</p>
      <Command text="npx --no hullcheck console recover" />
      <p className="small muted">
        Made an administrator in another window?{' '}
        <Link to="/containers" reloadDocument>
          Look again
        </Link>
        .
      </p>
    </GateBox>
  );
}
