/** Fields that hold command lines and proxies with passwords; nothing the agent reports is made of them. */
const DROPPED: ReadonlySet<string> = new Set([
  'Args',
  'Cmd',
  'Command',
  'Entrypoint',
  'Healthcheck',
  'HttpProxy',
  'HttpsProxy',
  'LogConfig',
  'NoProxy',
  'Path',
  'RegistryConfig',
]);

/**
 * The answer of an engine without what may be a secret: of an environment only the names stay, command lines and proxies go.
 * Works on a list of what is still to copy instead of calling itself, so no depth of nesting can end the process.
 */
export function withoutSecrets(value: unknown): unknown {
  const root: { value?: unknown } = {};
  const waiting: { readonly from: unknown; put(to: unknown): void }[] = [
    {
      from: value,
      put: (to) => {
        root.value = to;
      },
    },
  ];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { from } = next;
    if (Array.isArray(from)) {
      const copy: unknown[] = from.map(() => null);
      next.put(copy);
      for (const [index, item] of from.entries()) {
        waiting.push({
          from: item,
          put: (to) => {
            copy[index] = to;
          },
        });
      }
    } else if (typeof from === 'object' && from !== null) {
      const copy: Record<string, unknown> = Object.create(null);
      next.put(copy);
      for (const [name, item] of Object.entries(from)) {
        if (DROPPED.has(name)) continue;
        if (name === 'Env') copy[name] = environmentNames(item);
        else
          waiting.push({
            from: item,
            put: (to) => {
              copy[name] = to;
            },
          });
      }
    } else {
      next.put(from);
    }
  }
  return root.value;
}

function environmentNames(value: unknown): unknown {
  if (!Array.isArray(value)) return null;
  return value.map((entry) => (typeof entry === 'string' ? (entry.split('=', 1)[0] ?? '') : ''));
}
