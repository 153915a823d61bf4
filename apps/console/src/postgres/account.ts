import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** Whose rights a child process gets. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** `nobody` of every common system: PostgreSQL refuses to run as root, and initdb wants a uid that has a passwd entry. */
const NOBODY: Account = { uid: 65_534, gid: 65_534 };

/** The account that PostgreSQL runs as: undefined means this process's own. */
export function postgresAccount(): Account | undefined {
  return process.getuid?.() === 0 ? NOBODY : undefined;
}

/** Whether the account may walk into every folder above the path. A checkout under /root (0700) may not be reached. */
export async function isReachable(path: string, account: Account | undefined): Promise<boolean> {
  if (account === undefined) return true;
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    const { mode, uid, gid } = await stat(folder);
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}
