export * from './console-client.ts';
export * from './container-engines.ts';
export * from './daemon.ts';
export * from './docker-registry.ts';
export * from './free-port.ts';
export * from './hullcheck-process.ts';
export * from './material.ts';
export * from './scripted-server.ts';
