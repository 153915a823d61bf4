/**
 * Cross-site request forgery: what a cookie opens may be changed only from our own pages. A browser says where a request
 * comes from in `Sec-Fetch-Site`, an older one in `Origin`; a request that says neither is refused, because a cookie without
 * a browser is nobody's way in (programs use tokens).
 */
export function isOwnOrigin(headers: { readonly [name: string]: string | string[] | undefined }): boolean {
  const site = headers['sec-fetch-site'];
  if (typeof site === 'string') return site === 'same-origin';
  const { origin, host } = headers;
  if (typeof origin !== 'string' || typeof host !== 'string') return false;
  return URL.parse(origin)?.host === host.toLowerCase();
}

/** Whether a browser says that another site sent it. Programs, which say nothing, pass. */
export function isForeignOrigin(headers: { readonly [name: string]: string | string[] | undefined }): boolean {
  const said = headers['sec-fetch-site'] !== undefined || headers.origin !== undefined;
  return said && !isOwnOrigin(headers);
}

const LOOPBACK_NAME = /^(?:localhost|(?:[a-z0-9-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/**
 * DNS rebinding: a foreign page whose name is made to point to 127.0.0.1 would be "same origin" with a console on loopback.
 * Such a console answers only to loopback's names and to the address that it was told people use.
 */
export function isExpectedHost(host: string | undefined, publicHost: string | undefined): boolean {
  if (host === undefined) return false;
  return LOOPBACK_NAME.test(host) || host.toLowerCase() === publicHost?.toLowerCase();
}
