import { getRouteApi, Link } from '@tanstack/react-router';
import { useMay } from '../../app/session.tsx';
import { Blank } from '../../design/states.tsx';
import { Tabs } from '../../design/tabs.tsx';
import { AgentsSection } from './agents.tsx';
import { DatabaseSection } from './database.tsx';
import { AuditSection, JobsSection } from './lists.tsx';
import { TokensSection } from './tokens.tsx';

const route = getRouteApi('/settings/$section');

const sections = [
  { section: 'database', text: 'Database', admin: false },
  { section: 'jobs', text: 'Work', admin: false },
  { section: 'agents', text: 'Agents', admin: false },
  { section: 'tokens', text: 'API tokens', admin: true },
  { section: 'audit', text: 'Audit', admin: true },
] as const;

export function SettingsPage() {
  const { section } = route.useParams();
  const mayAdminister = useMay('admin');
  const offered = sections.filter(({ admin }) => !admin || mayAdminister);
  return (
    <div className="page">
      <h1>Settings</h1>
      <Tabs label="Settings">
        {offered.map((one) => (
          <Link key={one.section} to="/settings/$section" params={{ section: one.section }}>
            {one.text}
          </Link>
        ))}
      </Tabs>
      <Section section={offered.find((one) => one.section === section)?.section} />
    </div>
  );
}

function Section({ section }: { readonly section: (typeof sections)[number]['section'] | undefined }) {
  switch (section) {
    case 'database':
      return <DatabaseSection />;
    case 'jobs':
      return <JobsSection />;
    case 'agents':
      return <AgentsSection />;
    case 'tokens':
      return <TokensSection />;
    case 'audit':
      return <AuditSection />;
    case undefined:
      return (
        <Blank icon="unknown" title="There is no such setting">
          Or it is not yours to see. Choose one above.
        </Blank>
      );
  }
}
