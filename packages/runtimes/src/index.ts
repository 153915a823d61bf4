export { type EngineAddress, type EngineTls, formatEngineAddress, parseEngineAddress } from './address.ts';
export { http, loadHttps, loadTls } from './built-ins.ts';
export { createEngineClient, type EngineClient } from './client.ts';
export { type ContainerdClient, createContainerdClient, listNamespaces } from './containerd/client.ts';
export { type CriClient, createCriClient } from './cri/client.ts';
export type {
  ContainerState,
  EngineContainer,
  EngineContainerDetails,
  EngineEvent,
  EngineHistoryEntry,
  EngineImage,
  EngineImageDetails,
  EngineInfo,
  EngineKind,
  EngineManifest,
  EnginePod,
  EnginePort,
  IdKind,
} from './engine.ts';
export { type FindRuntimesOptions, type FoundRuntime, findRuntimes } from './find-runtimes.ts';
export { openGrpcChannel } from './grpc/channel.ts';
export { type HttpAgent, SILENCE, sendRequest } from './http-request.ts';
export { inParallel } from './in-parallel.ts';
export type {
  ContainerRun,
  ContentClient,
  ContentStore,
  InventoryClient,
  ManyInspected,
  NamingClient,
} from './inventory-client.ts';
export { readJsonElements, readJsonValue, type StreamLimits, toList } from './json-stream.ts';
export * from './kubernetes/index.ts';
export { eventGatherMs } from './limits.ts';
export { isNews, newsFilters } from './news.ts';
export { openRuntime } from './open-runtime.ts';
export { engineNameOf } from './platform-images.ts';
export { connectEngine, type EngineAnswer, type EngineTransport } from './transport.ts';
