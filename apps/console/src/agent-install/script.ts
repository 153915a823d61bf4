import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '@hullcheck/core';

/** What a host must know to take the agent from this console and nobody else. */
export interface InstallFacts {
  /** Origin of the console as hosts reach it. */
  readonly server: string;
  /** SHA-256 of the console's own certificate, hex; null where a public authority vouches for it, or without TLS. */
  readonly pin: string | null;
  /** SHA-256 of that certificate's public key, base64, as curl pins it (RFC 7469). */
  readonly publicKeyPin: string | null;
  readonly version: string;
  /** SHA-256 of `hullcheck.tar.gz`, hex. */
  readonly packageSha256: string;
  /** SHA-256 of `node-linux-<architecture>.gz` by architecture as Node names it. */
  readonly runtimes: ReadonlyMap<string, string>;
}

const WORD = /^[A-Za-z0-9:/._@+=[\]-]*$/;

/** The script with this console's facts on top. Everything in it is one shell word by its letters, not by quoting. */
export function installScript(facts: InstallFacts): string {
  const variables: Readonly<Record<string, string>> = {
    SERVER: facts.server,
    PIN: facts.pin ?? '',
    TLS_PUBLIC_KEY: facts.publicKeyPin ?? '',
    VERSION: facts.version,
    PACKAGE_SHA256: facts.packageSha256,
    RUNTIMES: [...facts.runtimes].map(([architecture, sha256]) => `${architecture}:${sha256}`).join(' '),
  };
  const lines = Object.entries(variables).map(([name, value]) => {
    if (!value.split(' ').every((word) => WORD.test(word)))
      throw new Fault('invalid-input', 'this can not stand in a shell script', { place: value.slice(0, 200) });
    return `${name}='${value}'`;
  });
  const body = readFileSync(join(import.meta.dirname, 'install.sh'), 'utf8');
  return `#!/bin/sh\n${lines.join('\n')}\n${body}`;
}

/**
 * One line for a bare Linux host: gets the script over TLS held to this certificate, checks it, runs it. The script asks for
 * the token, so no process list and no shell history ever shows one.
 */
export function installCommand(facts: Pick<InstallFacts, 'server' | 'publicKeyPin'>, scriptSha256: string): string {
  const file = 'hullcheck-install.sh';
  const pinned = facts.publicKeyPin === null ? '-fsS' : `-fsSk --pinnedpubkey sha256//${facts.publicKeyPin}`;
  return (
    `curl ${pinned} -o ${file} ${facts.server}/agent/install.sh` +
    ` && echo '${scriptSha256}  ${file}' | sha256sum -c - && sudo sh ${file}`
  );
}
