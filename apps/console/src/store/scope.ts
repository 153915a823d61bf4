/** The scopes that a caller may see. Every query of the store takes them; there is no query without. */
export interface ScopeView {
  readonly scopes: readonly string[];
}

/** The scope that exists from the start (migration 1). */
export const defaultScope = '00000000-0000-4000-8000-000000000001';
/** The trust domain of what the console read itself (migration 1). */
export const consoleDomain = '00000000-0000-4000-8000-000000000002';

/**
 * The condition that a row is of a visible scope, with the scopes as $1. Of one scope (nearly always) it is an equality, so
 * that rows come in the order of an index that begins with the scope.
 */
export function inScope(column: string, view: ScopeView): string {
  return view.scopes.length === 1 ? `${column} = ($1::uuid[])[1]` : `${column} = any($1::uuid[])`;
}
