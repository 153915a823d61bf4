import { createReadStream } from 'node:fs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FileAnswer } from './route-table.ts';

/**
 * Answers with a file, whole or the one part that `Range` asks for (RFC 9110, section 14). Its tag is a hash of the bytes, so
 * `If-Range` and `If-None-Match` compare what they mean to compare. Several parts at once are answered with the whole.
 */
export function sendFile(request: FastifyRequest, reply: FastifyReply, file: FileAnswer): FastifyReply {
  const etag = `"sha256-${file.sha256}"`;
  reply.headers({ etag, 'accept-ranges': 'bytes', 'cache-control': 'private, no-cache' }).type(file.mediaType);
  const { range: asked, 'if-range': ifRange, 'if-none-match': ifNoneMatch } = request.headers;
  if (matches(ifNoneMatch, etag)) return reply.status(304).send();
  const range = ifRange === undefined || ifRange === etag ? parseRange(asked, file.bytes) : undefined;
  if (range === 'unsatisfiable') {
    return reply.status(416).header('content-range', `bytes */${file.bytes}`).send();
  }
  if (range === undefined) return reply.header('content-length', file.bytes).send(createReadStream(file.path));
  const { start, end } = range;
  return reply
    .status(206)
    .headers({ 'content-range': `bytes ${start}-${end}/${file.bytes}`, 'content-length': end - start + 1 })
    .send(createReadStream(file.path, { start, end }));
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag);
}

/** `bytes=a-b`, `bytes=a-` or `bytes=-n`; undefined for anything else, which is then ignored. */
export function parseRange(
  header: string | undefined,
  bytes: number,
): { readonly start: number; readonly end: number } | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '') {
    const length = Math.min(Number(last), bytes);
    return length === 0 ? 'unsatisfiable' : { start: bytes - length, end: bytes - 1 };
  }
  const start = Number(first);
  const end = last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1);
  if (last !== '' && Number(last) < start) return undefined;
  return start >= bytes ? 'unsatisfiable' : { start, end };
}
