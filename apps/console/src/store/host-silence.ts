/*
 * How long a host may be silent. It is heard from every 15 minutes, a little earlier or later; only the console's clock
 * counts. SQL takes the name under which a query knows the host.
 */

/** Three missed heartbeats: it may be off, or its agent is. What it had is shown as of then. */
const SILENT = `interval '45 minutes'`;
/** What ran on it is taken to have ended. A night's maintenance is no reason to say so. */
const INACTIVE = `interval '6 hours'`;
/** Said once a minute (http/listening.ts); one restart or a short outage in between is no pause. */
const LISTENING_PAUSE = `interval '5 minutes'`;

export const isSilent = (host: string): string => `(${host}.seen_at < now() - ${SILENT})`;

export const stateOf = (host: string): string =>
  `(case when ${host}.inactive_at is not null then 'inactive' when ${isSilent(host)} then 'silent' else 'reporting' end)`;

/** Whether agents can report, and could for long enough that each that lives has: a console that was away hears nobody at first. */
export const couldReport = `exists (select from listening l where l.since < now() - ${SILENT} and l.until > now() - ${LISTENING_PAUSE})`;

/** Silent for so long that it is over with what it had; not because of the console. */
export const isOver = (host: string): string => `(${host}.seen_at < now() - ${INACTIVE} and ${couldReport})`;

/** SQL: notes that agents can report now. */
export const noteListening = `insert into listening as l default values on conflict (only_one) do update
  set since = case when l.until < now() - ${LISTENING_PAUSE} then now() else l.since end, until = now()`;
