const whole = new Intl.NumberFormat('en-GB');

/** `12,345`. */
export function formatNumber(value: number): string {
  return whole.format(value);
}

/** `12,345`, or `≥ 12,345` where not everything could be counted; a dash stands for unknown and is never zero. */
export function formatCount(value: number | null, atLeast = false): string {
  if (value === null) return '–';
  return atLeast ? `≥ ${formatNumber(value)}` : formatNumber(value);
}

/** Decimal units, as registries and `docker images` show them: `190 MB`, `1.9 GB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit >= 3 && value < 99.5 ? 1 : 0;
  return `${value.toFixed(digits)} ${units[unit] ?? 'B'}`;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long ago: `now`, `4 min`, `3 h`, `5 d`, `3 mo`, `2 y`. A time in the future reads `now`: clocks differ. */
export function formatAge(fromMs: number, nowMs: number): string {
  const age = nowMs - fromMs;
  if (age < 45_000) return 'now';
  if (age < HOUR) return `${Math.max(1, Math.round(age / MINUTE))} min`;
  if (age < DAY) return `${Math.round(age / HOUR)} h`;
  if (age < 60 * DAY) return `${Math.round(age / DAY)} d`;
  if (age < 730 * DAY) return `${Math.round(age / (30.44 * DAY))} mo`;
  return `${Math.floor(age / (365.25 * DAY))} y`;
}

/** `in 4 min`; what is due by now reads `now`. */
export function formatUntil(untilMs: number, nowMs: number): string {
  const age = formatAge(nowMs, untilMs);
  return age === 'now' ? 'now' : `in ${age}`;
}

/** `4 min ago`, `just now`. */
export function formatAgo(fromMs: number, nowMs: number): string {
  const age = formatAge(fromMs, nowMs);
  return age === 'now' ? 'just now' : `${age} ago`;
}

const exact = new Intl.DateTimeFormat('en-GB', {
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
});
const day = new Intl.DateTimeFormat('en-GB', { year: 'numeric', month: 'short', day: 'numeric', timeZone: 'UTC' });

/** `23 Nov 2026, 14:02:11 CET`. */
export function formatExact(atMs: number): string {
  return exact.format(atMs);
}

/** `14 Aug 2024` of an ISO date; other text as it is. */
export function formatDay(date: string): string {
  const ms = Date.parse(date);
  return Number.isNaN(ms) ? date : day.format(ms);
}

/** Probability 0..1: `94 %`, `2.4 %`, `0.04 %`, `< 0.01 %`. */
export function formatProbability(value: number): string {
  const percent = value * 100;
  if (percent > 0 && percent < 0.01) return '< 0.01 %';
  if (percent >= 10) return `${Math.round(percent)} %`;
  return `${percent.toFixed(percent < 1 ? 2 : 1)} %`;
}

/** `1 image`, `2 images`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${formatNumber(value)} ${value === 1 ? one : many}`;
}
