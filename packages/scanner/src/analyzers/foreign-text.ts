import type { Problem, ProblemCode } from '@hullcheck/core';

/**
 * Text from an image as it may be kept and shown: well-formed Unicode, control characters replaced, bounded.
 * PostgreSQL refuses U+0000 and lone surrogates in jsonb, and C0/C1 characters drive terminals.
 */
export function cleanText(text: string, charsMax: number): string {
  const bounded = text.length > charsMax ? text.slice(0, charsMax) : text;
  return bounded.toWellFormed().replace(/[\u0000-\u001f\u007f-\u009f]/g, '\uFFFD');
}

/** The text when it may serve as a name or version: not empty, bounded, no control character, no white space at the ends. */
export function identifierOf(text: string | undefined, charsMax: number): string | undefined {
  if (text === undefined || text.length === 0 || text.length > charsMax) return undefined;
  return cleanText(text, charsMax) === text && text.trim() === text ? text : undefined;
}

/** A problem of one file. The composer adds the layer. */
export function fileProblem(code: ProblemCode, path: string, detail: string): Problem {
  return { code, path: cleanText(path, 4096), layer: null, detail: cleanText(detail, 1000) };
}
