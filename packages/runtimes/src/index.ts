export { type EngineAddress, type EngineTls, formatEngineAddress, parseEngineAddress } from './address.ts';
export { createEngineClient, type EngineClient } from './client.ts';
export type {
  ContainerState,
  EngineContainer,
  EngineContainerDetails,
  EngineEvent,
  EngineHistoryEntry,
  EngineImage,
  EngineImageDetails,
  EngineInfo,
  EngineManifest,
  EnginePort,
  IdKind,
} from './engine.ts';
export { type FindRuntimesOptions, type FoundRuntime, findRuntimes } from './find-runtimes.ts';
export { readJsonElements, type StreamLimits } from './json-stream.ts';
export { connectEngine, type EngineAnswer, type EngineTransport } from './transport.ts';
