import type { Clock } from './clock.ts';
import type { Kept, VendorContext } from './vendors/vendor.ts';

/** Two who ask at once wait for one answer; a failure is not kept, and who waited for it asks again, as it may be the other's deadline. */
export function createKeeper(clock: Clock): VendorContext['keep'] {
  const kept = new Map<string, Promise<Kept<unknown>>>();
  return async <T>(name: string, trade: () => Promise<Kept<T>>): Promise<T> => {
    for (let pending = kept.get(name); pending !== undefined; ) {
      const known = await pending.catch(() => undefined);
      // A name stands for one kind of thing: whoever put it there asks for it.
      if (known !== undefined && known.expiresAtMs > clock.now()) return known.value as T;
      const next = kept.get(name);
      if (next === pending) kept.delete(name);
      pending = next === pending ? undefined : next;
    }
    const fresh = trade();
    kept.set(name, fresh);
    return (await fresh).value;
  };
}
