/**
 * The `rel="next"` target of a `Link` header (RFC 8288), resolved against the page it came with. Undefined where there is
 * none or it leaves the origin: a registry must not lead a listing, and its credentials, to another host.
 */
export function nextPage(header: string | undefined, page: URL): URL | undefined {
  if (header === undefined) return undefined;
  for (const [, target = '', parameters = ''] of header.slice(0, 16_384).matchAll(/<([^>]*)>((?:[^,"]|"[^"]*")*)/g)) {
    if (!/;\s*rel\s*=\s*"?(?:[^";]*\s)?next(?:\s[^";]*)?"?\s*(?:;|$)/i.test(parameters)) continue;
    const next = URL.parse(target, page.href);
    if (next !== null && next.origin === page.origin && next.username === '' && next.password === '') return next;
  }
  return undefined;
}
