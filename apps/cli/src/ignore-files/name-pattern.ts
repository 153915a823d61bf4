/**
 * A regular expression of names as a pattern of wildcards, for those forms that ignore files use: letters, escaped marks,
 * `.`, `.*`, `.+`, with or without `^` and `$`. Undefined for any other: a rule read wrongly would hide the wrong findings,
 * and an expression run as it stands can take for ever.
 */
export function toWildcards(expression: string): string | undefined {
  // What holds no mark of expressions but dots and dashes is a plain name: `org.apache.logging`.
  if (!/[\\^$*+?()[\]{}|]/.test(expression)) return expression;
  const body = expression.replace(/^\^/, '').replace(/\$$/, '');
  let pattern = '';
  for (const [token] of body.matchAll(/\\.|\.\*|\.\+|[\s\S]/g)) {
    if (token === '.*') pattern += '*';
    else if (token === '.+') pattern += '?*';
    else if (token === '.') pattern += '?';
    else if (/^\\[\W_]$/.test(token) && !/[*?]/.test(token)) pattern += token.slice(1);
    else if (/^[^\\^$*+?()[\]{}|]$/.test(token)) pattern += token;
    else return undefined;
  }
  return pattern;
}
