/*
 * Node's own modules as `require` gives them. `import` reads every export of such a module once, and one of `node:http` is Node's
 * WebSocket: reading it loads the whole of `fetch`, 6 MiB of each process and 5 more of the program's own pages
 * (bench/results/agent.md). TLS and HTTP/2, 3 and 4 MiB, are loaded by whoever speaks them.
 */

export const http = process.getBuiltinModule('node:http');
export const loadHttps = () => process.getBuiltinModule('node:https');
export const loadHttp2 = () => process.getBuiltinModule('node:http2');
export const loadTls = () => process.getBuiltinModule('node:tls');
