import { Fault } from '@hullcheck/core';
import { formatEngineAddress } from './address.ts';
import { createEngineClient, type EngineClient } from './client.ts';
import { type ContainerdClient, createContainerdClient } from './containerd/client.ts';
import { type CriClient, createCriClient } from './cri/client.ts';
import type { FoundRuntime } from './find-runtimes.ts';
import { openGrpcChannel } from './grpc/channel.ts';
import { connectEngine } from './transport.ts';

/** A runtime that was found, with a client of its own. */
export function openRuntime(runtime: FoundRuntime): EngineClient | ContainerdClient | CriClient {
  const { address, api, namespace } = runtime;
  if (api === 'docker') return createEngineClient(connectEngine(address));
  if (address.kind !== 'unix')
    throw new Fault('unsupported', 'this runtime is only asked through a socket of this host', {
      place: formatEngineAddress(address),
    });
  const channel = openGrpcChannel(address.path);
  const cri = createCriClient(channel);
  return api === 'cri' ? cri : createContainerdClient(channel, namespace ?? 'default', cri);
}
