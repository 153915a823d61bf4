/** The registry gives no dates with its list: `latest` first, then by version numbers from the highest. */
export function newestTags(tags: readonly string[], max: number): readonly string[] {
  const parts = (tag: string) =>
    tag
      .split(/(\d+)/)
      .map((part, index) => (index % 2 === 1 ? part.padStart(12, '0') : part))
      .join('');
  const key = new Map(tags.map((tag) => [tag, parts(tag)]));
  const rank = (tag: string) => (tag === 'latest' ? 0 : /^v?\d/.test(tag) ? 1 : 2);
  return [...new Set(tags)]
    .filter((tag) => !/^sha256-[0-9a-f]{64}(?:\.(?:sig|att|sbom))?$/.test(tag))
    .sort((a, b) => rank(a) - rank(b) || ((key.get(a) ?? '') < (key.get(b) ?? '') ? 1 : -1))
    .slice(0, max);
}
