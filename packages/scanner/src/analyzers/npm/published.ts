/** Whether a registry could have published the version; `file:`, `link:` and git addresses are no versions to judge. */
export function isPublished(version: string): boolean {
  return /^v?\d/.test(version);
}
