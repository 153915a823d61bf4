/**
 * The host itself, in every way to write it (RFC 1122, RFC 4291): 127.0.0.0/8, `::1`, the former within the latter's family. Everything else that a
 * port is bound to is reached from outside, and what is no address is taken to be.
 */
const LOOPBACK = String.raw`^(localhost|\[?(127\.[0-9.]+|(0*:)+0*1|(0*:)+ffff:(127\.[0-9.]+|7f[0-9a-f]{2}:[0-9a-f]{1,4}))\]?)$`;

/**
 * SQL: whether a container `c` may be reached from outside of its host, as far as its engine tells: it has the host's own network, or a port is
 * published elsewhere than on the host itself. What leads to a pod from a Service or an Ingress is not known.
 */
export const isExposed = (c: string): string =>
  `(${c}.network_mode = 'host' or exists (select 1 from jsonb_array_elements(${c}.ports) p where p ->> 'ip' !~* '${LOOPBACK}'))`;
