/**
 * Puts all of `more` at the end of `list`. `list.push(...more)` passes each as an argument on the stack, and throws from
 * some 120,000 on: one lock file that states more relations than that would cost all packages of its analyzer.
 */
export function appendAll<T>(list: T[], more: Iterable<T>): void {
  for (const each of more) list.push(each);
}
