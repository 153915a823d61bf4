export const ago = (nowMs: number, minutes: number): string => new Date(nowMs - minutes * 60_000).toISOString();
