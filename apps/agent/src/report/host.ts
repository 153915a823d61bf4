import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { arch, hostname, release } from 'node:os';
import type { AgentReport } from '@hullcheck/contract';

export type Host = AgentReport['host'];

/** What identifies and describes this machine. */
export async function readHost(name: string | undefined): Promise<Host> {
  return {
    machineId: await readMachineId(),
    name: (name ?? hostname()).slice(0, 300),
    os: await readOsName(),
    kernel: release(),
    architecture: ARCHITECTURES[arch()] ?? arch(),
  };
}

/** The identity of what is no machine: a cluster or a registry, wherever its collector runs. */
export function elsewhere(identity: string, name: string, os: string | null): Host {
  return { machineId: hash(identity), name: name.slice(0, 300), os, kernel: null, architecture: null };
}

const ARCHITECTURES: { readonly [node: string]: string } = { x64: 'amd64', ia32: '386' };

/**
 * Stable and telling nothing: the machine id itself is confidential (man machine-id asks for a keyed hash). A machine
 * without one is known by its name.
 */
async function readMachineId(): Promise<string> {
  for (const path of ['/etc/machine-id', '/var/lib/dbus/machine-id']) {
    const text = (await readFile(path, 'utf8').catch(() => '')).trim();
    if (/^[0-9a-f]{32}$/.test(text)) return hash(`machine-id ${text}`);
  }
  return hash(`hostname ${hostname()}`);
}

function hash(text: string): string {
  return createHash('sha256').update(`hullcheck host ${text}`).digest('hex');
}

async function readOsName(): Promise<string | null> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const name = /^PRETTY_NAME=(?:"([^"\n]*)"|([^\n]*))$/m.exec(text);
  return (name?.[1] ?? name?.[2] ?? '').slice(0, 300) || null;
}
