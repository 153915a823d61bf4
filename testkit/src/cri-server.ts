import { encodeProto, type GrpcReply, type GrpcServer, type ProtoMessage, startGrpcServer } from './grpc-server.ts';

/* Kubernetes' container runtime interface as its published `runtime/v1/api.proto` describes it, by field numbers. */

export interface CriContainerRecord {
  readonly id: string;
  readonly sandbox: string;
  readonly name: string;
  readonly image: string;
  readonly imageRef: string;
  readonly imageId?: string;
  /** CREATED 0, RUNNING 1, EXITED 2, UNKNOWN 3. */
  readonly state: number;
  readonly createdAtNs: bigint;
  readonly startedAtNs?: bigint;
  readonly finishedAtNs?: bigint;
  readonly exitCode?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface CriState {
  runtimeName: string;
  images: readonly {
    readonly id: string;
    readonly tags: readonly string[];
    readonly digests: readonly string[];
    readonly size: number;
  }[];
  sandboxes: readonly {
    readonly id: string;
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    /** POD 0, CONTAINER 1, NODE 2. */
    readonly network?: number;
  }[];
  containers: readonly CriContainerRecord[];
  /** Whether the streaming lists of newer runtimes are offered. */
  streams: boolean;
  /** Events that a subscriber gets; undefined: not offered. */
  events?: readonly { readonly id: string; readonly type: number }[];
}

const toMap = (values: Readonly<Record<string, string>> = {}) => new Map(Object.entries(values));

/** A CRI runtime whose state the test changes as it goes. */
export async function startCriServer(socketPath: string, state: CriState): Promise<GrpcServer> {
  const images = () =>
    state.images.map(
      ({ id, tags, digests, size }): ProtoMessage => ({ 1: id, 2: tags, 3: digests, 4: size, 5: { 1: 1000 }, 8: 1 }),
    );
  const sandboxes = () =>
    state.sandboxes.map(
      ({ id, name, namespace, uid }): ProtoMessage => ({
        1: id,
        2: { 1: name, 2: uid, 3: namespace, 4: 1 },
        3: 0,
        6: toMap({ secret: 'CANARY-annotation' }),
      }),
    );
  const containers = () =>
    state.containers.map(
      (one): ProtoMessage => ({
        1: one.id,
        2: one.sandbox,
        3: { 1: one.name, 2: 3 },
        4: { 1: one.image, 2: toMap({ a: 'CANARY-image-annotation' }), 18: one.image },
        5: one.imageRef,
        6: one.state,
        7: one.createdAtNs,
        8: toMap(one.labels),
        9: toMap(one.annotations),
        ...(one.imageId === undefined ? {} : { 10: one.imageId }),
      }),
    );
  const list = (items: readonly ProtoMessage[]): GrpcReply => ({ messages: [encodeProto({ 1: items })] });
  // As KEP-5825 says: a part of the list in each message.
  const stream = (items: readonly ProtoMessage[]): GrpcReply | undefined =>
    state.streams ? { messages: items.map((item) => encodeProto({ 1: [item] })) } : undefined;
  const status = (request: Buffer): GrpcReply => {
    const one = state.containers.find(({ id }) => request.subarray(2).toString() === id);
    if (one === undefined) return { status: 5 };
    const fields: ProtoMessage = {
      1: one.id,
      3: one.state,
      4: one.createdAtNs,
      5: one.startedAtNs ?? 0n,
      6: one.finishedAtNs ?? 0n,
      7: one.exitCode ?? 0,
      13: toMap({ secret: 'CANARY-annotation' }),
      14: [{ 1: '/etc', 2: '/CANARY-mount' }],
    };
    return { messages: [encodeProto({ 1: fields, 2: toMap({ info: 'CANARY-verbose' }) })] };
  };
  const sandboxStatus = (request: Buffer): GrpcReply => {
    const one = state.sandboxes.find(({ id }) => request.subarray(2).toString() === id);
    if (one === undefined) return { status: 5 };
    const options: ProtoMessage = one.network === undefined ? {} : { 1: one.network };
    const fields: ProtoMessage = {
      1: one.id,
      5: { 1: '10.0.0.1' },
      6: { 1: { 2: options } },
      8: toMap({ secret: 'CANARY-annotation' }),
    };
    return { messages: [encodeProto({ 1: fields, 2: toMap({ info: 'CANARY-verbose' }) })] };
  };
  return await startGrpcServer(socketPath, (method, request) => {
    switch (method) {
      case 'runtime.v1.RuntimeService/Version':
        return { messages: [encodeProto({ 1: '0.1.0', 2: state.runtimeName, 3: '1.30.1', 4: 'v1' })] };
      case 'runtime.v1.ImageService/ListImages':
        return list(images());
      case 'runtime.v1.ImageService/StreamImages':
        return stream(images());
      case 'runtime.v1.RuntimeService/ListPodSandbox':
        return list(sandboxes());
      case 'runtime.v1.RuntimeService/StreamPodSandboxes':
        return stream(sandboxes());
      case 'runtime.v1.RuntimeService/ListContainers':
        return list(containers());
      case 'runtime.v1.RuntimeService/StreamContainers':
        return stream(containers());
      case 'runtime.v1.RuntimeService/ContainerStatus':
        return status(request);
      case 'runtime.v1.RuntimeService/PodSandboxStatus':
        return sandboxStatus(request);
      case 'runtime.v1.RuntimeService/GetContainerEvents':
        return state.events === undefined
          ? undefined
          : {
              messages: state.events.map(({ id, type }) =>
                encodeProto({ 1: id, 2: type, 3: 1_800_000_000_000_000_000n }),
              ),
              hang: true,
            };
      default:
        return undefined;
    }
  });
}
