/** What opens a registry. Held in memory only; never part of a fault, a log or a report. */
export type Credentials =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  /** A refresh token for the token server, as credential helpers give with the user name `<token>`. */
  | { readonly kind: 'identity-token'; readonly token: string }
  /** A token that the registry itself takes. */
  | { readonly kind: 'bearer'; readonly token: string };

/** `Basic …` as RFC 7617 has it, in UTF-8. */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}
