/** What makes an inventory old, in the words of all engines; `exec` and health checks, which busy hosts have by the hundred, do not. */
const newsActions = [
  'create',
  'delete',
  'destroy',
  'die',
  'died',
  'import',
  'load',
  'pause',
  'prune',
  'pull',
  'remove',
  'rename',
  'start',
  'stop',
  'tag',
  'unpause',
  'untag',
  'update',
] as const;

const NEWS: ReadonlySet<string> = new Set(newsActions);

export const isNews = (action: string): boolean => NEWS.has(action);

/** `filters` of Docker's `/events`, so that an engine does not even send the others. */
export const newsFilters = JSON.stringify({ type: ['container', 'image'], event: newsActions });
