import { limits } from '../limits.ts';

/**
 * Environment markers of dependency specifiers, https://packaging.python.org/en/latest/specifications/dependency-specifiers/#environment-markers,
 * as far as an image tells the environment: it is Linux. Which Python would run is not known, so most markers stay open.
 */
export interface MarkerEnvironment {
  /** Known variables and their values; all others are open. */
  readonly [variable: string]: string;
}

/** Of a container image; `extra` is open, because nobody says which extras a project would be installed with. */
export const LINUX: MarkerEnvironment = { sys_platform: 'linux', platform_system: 'Linux', os_name: 'posix' };

/** For what an installed distribution needs without any extra. */
export const LINUX_WITHOUT_EXTRAS: MarkerEnvironment = { ...LINUX, extra: '' };

/** `open`: the marker is broken, or turns on what is not known. */
export type MarkerValue = 'true' | 'false' | 'open';

/** Whether a marker can hold. Only `false` means that what it stands at is never installed. */
export function evaluateMarker(text: string, environment: MarkerEnvironment): MarkerValue {
  if (text.length > limits.markerCharsMax) return 'open';
  const tokens = tokensOf(text);
  if (tokens === undefined) return 'open';
  const cursor = { tokens, at: 0 };
  const value = evaluateOr(cursor, environment, 0);
  return cursor.at === tokens.length ? value : 'open';
}

interface Cursor {
  readonly tokens: readonly string[];
  at: number;
}

function tokensOf(text: string): readonly string[] | undefined {
  const tokens: string[] = [];
  const trimmed = text.trimEnd();
  const pattern = /\s*(\(|\)|'[^']*'|"[^"]*"|===|==|!=|<=|>=|~=|<|>|[A-Za-z_][A-Za-z0-9_.]*)/y;
  while (pattern.lastIndex < trimmed.length) {
    const token = pattern.exec(trimmed)?.[1];
    if (token === undefined) return undefined;
    tokens.push(token);
  }
  return tokens;
}

function evaluateOr(cursor: Cursor, environment: MarkerEnvironment, depth: number): MarkerValue {
  let value = evaluateAnd(cursor, environment, depth);
  while (cursor.tokens[cursor.at] === 'or') {
    cursor.at += 1;
    const right = evaluateAnd(cursor, environment, depth);
    value = value === 'true' || right === 'true' ? 'true' : value === 'false' ? right : 'open';
  }
  return value;
}

function evaluateAnd(cursor: Cursor, environment: MarkerEnvironment, depth: number): MarkerValue {
  let value = evaluateTerm(cursor, environment, depth);
  while (cursor.tokens[cursor.at] === 'and') {
    cursor.at += 1;
    const right = evaluateTerm(cursor, environment, depth);
    value = value === 'false' || right === 'false' ? 'false' : value === 'true' ? right : 'open';
  }
  return value;
}

/** A comparison or a group; `depth` bounds the recursion. A term that can't be read ends the reading, so that the whole is open. */
function evaluateTerm(cursor: Cursor, environment: MarkerEnvironment, depth: number): MarkerValue {
  const { tokens } = cursor;
  if (tokens[cursor.at] === '(') {
    if (depth >= limits.markerDepthMax) return giveUp(cursor);
    cursor.at += 1;
    const value = evaluateOr(cursor, environment, depth + 1);
    if (tokens[cursor.at] !== ')') return giveUp(cursor);
    cursor.at += 1;
    return value;
  }
  const negated = tokens[cursor.at + 1] === 'not' && tokens[cursor.at + 2] === 'in';
  const left = tokens[cursor.at];
  const operator = negated ? 'not in' : tokens[cursor.at + 1];
  const right = tokens[cursor.at + (negated ? 3 : 2)];
  if (left === undefined || operator === undefined || right === undefined) return giveUp(cursor);
  cursor.at += negated ? 4 : 3;
  return compare(operandOf(left, environment), operator, operandOf(right, environment));
}

/** Past the end, where no token is: what has been read so far decides nothing. */
function giveUp(cursor: Cursor): MarkerValue {
  cursor.at = cursor.tokens.length + 1;
  return 'open';
}

function operandOf(token: string, environment: MarkerEnvironment): string | undefined {
  if (token.startsWith("'") || token.startsWith('"')) return token.slice(1, -1);
  return Object.hasOwn(environment, token) ? environment[token] : undefined;
}

function compare(left: string | undefined, operator: string, right: string | undefined): MarkerValue {
  if (left === undefined || right === undefined) return 'open';
  switch (operator) {
    case '==':
    case '===':
      return left === right ? 'true' : 'false';
    case '!=':
      return left === right ? 'false' : 'true';
    case 'in':
      return right.includes(left) ? 'true' : 'false';
    case 'not in':
      return right.includes(left) ? 'false' : 'true';
    default:
      return 'open';
  }
}
