/** The newest API whose fields are read here: 1.48 names the platform manifest of a container. */
const API_WANTED = [1, 48] as const;

/** The newest of an engine's versions that is known here; of one that has given that up, its oldest. */
export function chooseApi(newest: string, oldest: string | undefined): string {
  const wanted = API_WANTED.join('.');
  if (!/^\d{1,3}\.\d{1,3}$/.test(newest)) return wanted;
  if (oldest !== undefined && /^\d{1,3}\.\d{1,3}$/.test(oldest) && !isAtLeast(wanted, toPair(oldest))) return oldest;
  return isAtLeast(newest, API_WANTED) ? wanted : newest;
}

export function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ownMajor, ownMinor] = toPair(version);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

function toPair(version: string): readonly [number, number] {
  const [major = '0', minor = '0'] = version.split('.');
  return [Number(major), Number(minor)];
}
