const SUFFIXES = ['.src.rpm', '.nosrc.rpm'];

/**
 * Name and `version-release` of the source package in a SOURCERPM tag: `bash-5.1.8-4.el9.src.rpm`. Names hold hyphens,
 * versions and releases don't, so it is split from its end; a name without two hyphens once ended a peer
 * (https://github.com/aquasecurity/trivy/issues/3686).
 */
export function parseSourceRpm(text: string): { readonly name: string; readonly version: string } | undefined {
  const suffix = SUFFIXES.find((candidate) => text.endsWith(candidate));
  if (suffix === undefined) return undefined;
  const whole = text.slice(0, -suffix.length);
  const release = whole.lastIndexOf('-');
  const version = release > 0 ? whole.lastIndexOf('-', release - 1) : -1;
  if (version <= 0 || version + 1 === release || release + 1 === whole.length) return undefined;
  return { name: whole.slice(0, version), version: whole.slice(version + 1) };
}
