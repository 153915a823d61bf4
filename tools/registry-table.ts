import type { AuthKind, ConnectionKind } from '@hullcheck/contract';

const AUTHS: { readonly [kind in AuthKind]: string } = {
  anonymous: 'nobody',
  basic: 'user and password or token',
  token: 'token alone',
  'aws-key': 'access key, also with a role',
  entra: 'application of Entra ID',
  'google-key': 'key of a service account',
};
const LISTING = { required: 'by what is named', optional: 'all, or by what is named' } as const;

/** What each kind of connection takes, and how much of it was tried. */
export function registryTable(kinds: readonly ConnectionKind[]): string {
  const lines = kinds.map(
    ({ id, name, auths, namespaces, triedWith, unproven }) =>
      `| ${name} | \`${id}\` | ${auths.map((auth) => AUTHS[auth]).join('; ')} | ${namespaces === null ? 'all' : LISTING[namespaces]} | ${triedWith} | ${unproven} |`,
  );
  return `# Registries

Generated from the kinds of connections by \`npm run generate\`; don't edit it by hand.

Every kind takes a list of repositories by hand and credentials of single repositories. No vendor's cloud was asked in these tests:
the last two columns say what stood for it, and what that can't show. The same stands on the form of each connection.

| registry | kind | signs in as | lists | tried with | that can't show |
| --- | --- | --- | --- | --- | --- |
${lines.join('\n')}
`;
}
