/** One challenge of a `WWW-Authenticate` header; scheme and parameter names in lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const SCHEME = /[,\s]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)(?=[\s,]|$)(?!\s*=)/y;
const PARAMETER = /[,\s]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))/sy;
const CHARACTERS_MAX = 8192;

/**
 * Reads all challenges of one header value (RFC 9110, section 11.6.1). Node joins repeated headers with a comma, so
 * several can stand in one value; quoted strings may hold commas and escaped quotes. What can't be read ends the list.
 */
export function parseChallenges(header: string): readonly Challenge[] {
  const text = header.slice(0, CHARACTERS_MAX);
  const challenges: { readonly scheme: string; readonly parameters: Map<string, string> }[] = [];
  let at = 0;
  while (at < text.length) {
    PARAMETER.lastIndex = at;
    const parameter = PARAMETER.exec(text);
    const current = challenges.at(-1);
    if (parameter !== null && current !== undefined) {
      const [whole, name = '', quoted, token] = parameter;
      const value = quoted === undefined ? (token ?? '') : quoted.replace(/\\(.)/gs, '$1');
      if (!current.parameters.has(name.toLowerCase())) current.parameters.set(name.toLowerCase(), value);
      at += whole.length;
      continue;
    }
    SCHEME.lastIndex = at;
    const scheme = SCHEME.exec(text);
    if (scheme === null) break;
    const [whole, name = ''] = scheme;
    challenges.push({ scheme: name.toLowerCase(), parameters: new Map() });
    at += whole.length;
  }
  return challenges;
}

/** The challenge to answer: Bearer before Basic, as a registry that offers both prefers scoped tokens. */
export function chooseChallenge(challenges: readonly Challenge[]): Challenge | undefined {
  return (
    challenges.find((challenge) => challenge.scheme === 'bearer' && challenge.parameters.has('realm')) ??
    challenges.find((challenge) => challenge.scheme === 'basic')
  );
}
