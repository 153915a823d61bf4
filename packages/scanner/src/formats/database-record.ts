/** One record of a key-value database, or why some of it could not be read; what follows a fault is still handed over. */
export type DatabaseRecord =
  | { readonly kind: 'record'; readonly key: number; readonly bytes: Uint8Array }
  | DatabaseFault;

export interface DatabaseFault {
  readonly kind: 'fault';
  readonly code: 'unreadable' | 'unsupported' | 'limit-exceeded';
  readonly reason: string;
}

export function databaseFault(code: DatabaseFault['code'], reason: string): DatabaseFault {
  return { kind: 'fault', code, reason };
}
