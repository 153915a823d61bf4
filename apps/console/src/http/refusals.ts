import type { Logger } from 'pino';
import { type AuditEntry, recordAudit } from '../store/audit.ts';
import type { Database } from '../store/database.ts';

/** Who was refused, and what is said of it besides in the audit log. */
export type Refusal = Omit<AuditEntry, 'outcome' | 'detail'>;

interface Counted {
  readonly refusal: Refusal;
  repeated: number;
}

/** Different ones that are counted in one minute: those beyond are counted as one. */
const COUNTED_MAX = 1_000;
const SAME_MS = 60_000;

/**
 * Writes refusals to the audit log: the first of an actor at a route at once, the further ones of the next minute counted in one entry.
 * Entries are linked, so they are written one after another by the whole console: whoever holds any key could fill the log, and
 * everything that is audited would wait behind.
 */
export class Refusals {
  readonly #database: Database;
  readonly #log: Pick<Logger, 'warn'>;
  readonly #sameMs: number;
  readonly #counted = new Map<string, Counted>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #writing = new Set<Promise<void>>();

  constructor(database: Database, log: Pick<Logger, 'warn'>, sameMs = SAME_MS) {
    this.#database = database;
    this.#log = log;
    this.#sameMs = sameMs;
  }

  /** Resolves when it is written, where it is the first. */
  async record(refusal: Refusal): Promise<void> {
    const own = JSON.stringify([refusal.actor, refusal.action]);
    const key = this.#counted.has(own) || this.#counted.size < COUNTED_MAX ? own : 'more than are counted';
    const same = this.#counted.get(key);
    if (same !== undefined) {
      same.repeated += 1;
      return;
    }
    const counted = { refusal, repeated: 0 };
    this.#counted.set(key, counted);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#end(key, counted);
    }, this.#sameMs);
    this.#timers.add(timer.unref());
    await this.#write(refusal, {});
  }

  /** Says what was counted until now. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const [key, counted] of this.#counted) this.#end(key, counted);
    await Promise.all(this.#writing);
  }

  #end(key: string, { refusal, repeated }: Counted): void {
    this.#counted.delete(key);
    if (repeated === 0) return;
    const written = this.#write(refusal, { repeated, withinSeconds: Math.ceil(this.#sameMs / 1000) })
      .catch((error: unknown) => this.#log.warn({ err: error, repeated }, 'refusals not written to the audit log'))
      .finally(() => this.#writing.delete(written));
    this.#writing.add(written);
  }

  async #write(refusal: Refusal, detail: { readonly [name: string]: unknown }): Promise<void> {
    await this.#database.write((transaction) => recordAudit(transaction, { ...refusal, outcome: 'refused', detail }));
  }
}
