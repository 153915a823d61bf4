import { Fault } from '@hullcheck/core';
import { type Clock, systemClock } from '../clock.ts';
import { createKeeper } from '../keeper.ts';
import { createTransport, type Transport } from '../transport.ts';
import type { VendorContext } from '../vendors/vendor.ts';
import { type AwsIdentity, awsIdentity } from './aws.ts';
import { type AzureIdentity, azureIdentity } from './azure.ts';
import { type GoogleToken, googleToken } from './google.ts';
import { metadataAddresses } from './metadata.ts';
import type { MachineSurroundings } from './surroundings.ts';

export const machineClouds = ['aws', 'google', 'azure'] as const;
export type MachineCloud = (typeof machineClouds)[number];

/**
 * What a cloud lends to the machine, the task or the pod that this process is. One for the whole process: what it was given is kept
 * until shortly before it ends, in memory alone.
 */
export interface MachineIdentity {
  /** Of which clouds its operator lets it be used. */
  readonly clouds: readonly MachineCloud[];
  aws(signal: AbortSignal): Promise<AwsIdentity>;
  google(signal: AbortSignal): Promise<GoogleToken>;
  /** `clientId`: which of several identities; null: the machine's own, or the one of the pod. */
  azure(clientId: string | null, signal: AbortSignal): Promise<AzureIdentity>;
  close(): Promise<void>;
}

export interface MachineOptions {
  readonly clouds: readonly MachineCloud[];
  /** Of the process: what the cloud's agents put there (`AWS_…`, `AZURE_…`). */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
  /** Instead of one that reaches the metadata services alone; tests. */
  readonly transport?: Transport;
}

export function createMachineIdentity(options: MachineOptions): MachineIdentity {
  const clock = options.clock ?? systemClock;
  // No proxy: whoever runs it would get the machine's credentials. No other address, whatever a variable or an answer names.
  const transport =
    options.transport ??
    createTransport({ egress: { registry: metadataAddresses, elsewhere: [] }, userAgent: 'hullcheck' });
  const surroundings: MachineSurroundings = { environment: options.environment, transport, clock };
  const keep = createKeeper(clock);
  return {
    clouds: options.clouds,
    aws: (signal) => keep('aws', () => awsIdentity(surroundings, signal)),
    google: (signal) => keep('google', () => googleToken(surroundings, signal)),
    azure: (clientId, signal) => keep(`azure ${clientId ?? ''}`, () => azureIdentity(clientId, surroundings, signal)),
    close: () => transport.close(),
  };
}

/**
 * The machine's identity for a vendor, or a fault. Its secrets go to hosts of its cloud only: a person who may add a connection, but is
 * not the operator, must not get them by naming a registry, an API or a protocol of their own.
 */
export function machineFor(cloud: MachineCloud, isOfCloud: RegExp, context: VendorContext): MachineIdentity {
  const { machine, base, apiBase, exchangeBase } = context;
  if (machine === null || !machine.clouds.includes(cloud)) {
    throw new Fault('invalid-input', 'the identity of this machine may not be used here', {
      place: 'auth',
      hint: `The operator of the console allows it with HULLCHECK_MACHINE_IDENTITY=${cloud}.`,
    });
  }
  const isOwn = base.protocol === 'https:' && base.port === '' && isOfCloud.test(base.hostname);
  if (!isOwn || apiBase !== null || exchangeBase !== null) {
    throw new Fault('invalid-input', 'the identity of this machine is shown to hosts of its own cloud only', {
      place: base.host,
      hint: "Write the registry's own https address, and no other address of an API.",
    });
  }
  return machine;
}
