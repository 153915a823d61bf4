import type { AuthKind, ConnectionKind } from '@hullcheck/contract';

const AUTHS: { readonly [kind in AuthKind]: string } = {
  anonymous: 'nobody',
  basic: 'user and password or token',
  token: 'token alone',
  'aws-key': 'access key, also with a role',
  entra: 'application of Entra ID',
  'google-key': 'key of a service account',
  machine: "the identity of the console's machine",
};
const LISTING = { required: 'by what is named', optional: 'all, or by what is named' } as const;

function newestWords({ by, but }: ConnectionKind['newest']): string {
  const words = by === 'pushed' ? 'by when they were pushed' : 'by name';
  return but === null ? words : `${words}; ${but}`;
}

/** What each kind of connection takes, and how much of it was tried. */
export function registryTable(kinds: readonly ConnectionKind[]): string {
  const lines = kinds.map(
    ({ id, name, auths, namespaces, newest, triedWith, unproven }) =>
      `| ${name} | \`${id}\` | ${auths.map((auth) => AUTHS[auth]).join('; ')} | ${namespaces === null ? 'all' : LISTING[namespaces]} | ${newestWords(newest)} | ${triedWith} | ${unproven} |`,
  );
  return `# Registries

Generated from the kinds of connections by \`npm run generate\`; don't edit it by hand.

Every kind takes a list of repositories by hand and credentials of single repositories. No vendor's cloud was asked in these tests:
the last two columns say what stood for it, and what that can't show. The same stands on the form of each connection.

Of each repository the newest tags are read: those that were pushed last where the vendor's API says so, else by name (\`latest\`, then the highest
versions). Beyond 60 pages of such dates, and for kinds where the column says so, names decide; the page of the repository says which it was.

| registry | kind | signs in as | lists | newest tags | tried with | that can't show |
| --- | --- | --- | --- | --- | --- | --- |
${lines.join('\n')}
`;
}
