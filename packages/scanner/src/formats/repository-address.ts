/**
 * Host and path of a source repository, from the forms that git takes: `https://github.com/a/b.git`, `ssh://git@host:22/a/b`,
 * `git@github.com:a/b.git`. Host in lower case, no user, no port, no `.git`. Undefined for local paths and anything else.
 */
export function repositoryAddress(
  text: string,
): { readonly host: string; readonly path: readonly string[] } | undefined {
  const match = WITH_SCHEME.exec(text) ?? SHORT.exec(text);
  const host = match?.[1]?.toLowerCase();
  const path = (match?.[2] ?? '')
    .replace(/\.git$/, '')
    .split('/')
    .filter((part) => part !== '');
  return host === undefined || path.length === 0 ? undefined : { host, path };
}

const WITH_SCHEME =
  /^(?:https?|ssh|git|git\+ssh|git\+https):\/\/(?:[^/@\s]{1,256}@)?([A-Za-z0-9.-]{1,253})(?::\d{1,5})?\/([^\s?#]{1,1024}?)\/?$/;
const SHORT = /^(?:[^/@:\s]{1,64}@)?([A-Za-z0-9.-]{1,253}\.[A-Za-z]{2,63}):([^\s/][^\s?#]{0,1023}?)\/?$/;

/** The purl's `vcs_url`: the address as git takes it, with the revision. https://github.com/package-url/purl-spec */
export function toVcsUrl(address: string, revision: string | undefined): string {
  const url = address.startsWith('git+') ? address : `git+${withoutUser(address)}`;
  return revision === undefined ? url : `${url}@${revision}`;
}

/** Lock files of private repositories may hold the token that they were fetched with, and a purl is shown everywhere. */
export function withoutUser(address: string): string {
  return address.replace(/^([a-z+]{1,16}:\/\/)[^/@\s]{1,256}@/i, '$1');
}
