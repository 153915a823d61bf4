/** The one-time token of `/setup#token=…`. It stands in the fragment, which browsers send to nobody. */
export function parseSetupToken(fragment: string): string | undefined {
  const token = new URLSearchParams(fragment.replace(/^#/, '')).get('token')?.trim();
  return token === undefined || token === '' || token.length > 200 ? undefined : token;
}
