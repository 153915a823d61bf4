/**
 * SHA-256 of a text's UTF-8, as hex (FIPS 180-4). It names documents, nothing more: core has neither Node's nor the
 * browser's cryptography, and a name need not resist anybody.
 */
export function contentHash(text: string): string {
  const blocks = padded(encodeURIComponent(text.toWellFormed()));
  const state = Uint32Array.from(INITIAL);
  const schedule = new Uint32Array(64);
  for (let at = 0; at < blocks.length; at += 16) {
    schedule.set(blocks.subarray(at, at + 16));
    compress(state, schedule);
  }
  return [...state].map((word) => word.toString(16).padStart(8, '0')).join('');
}

/** Percent-encoded UTF-8 as big-endian words, with the end mark and the length in bits. */
function padded(encoded: string): Uint32Array {
  const bytes = new Uint8Array(encoded.length + 1);
  let length = 0;
  for (let at = 0; at < encoded.length; at++) {
    if (encoded.charAt(at) === '%') {
      bytes[length++] = Number.parseInt(encoded.slice(at + 1, at + 3), 16);
      at += 2;
    } else bytes[length++] = encoded.charCodeAt(at);
  }
  bytes[length] = 0x80;
  const words = new Uint32Array(Math.ceil((length + 9) / 64) * 16);
  for (let at = 0; at <= length; at++) {
    words[at >> 2] = (words[at >> 2] ?? 0) | ((bytes[at] ?? 0) << (24 - (at % 4) * 8));
  }
  words[words.length - 2] = Math.floor((length * 8) / 2 ** 32);
  words[words.length - 1] = length * 8;
  return words;
}

function compress(state: Uint32Array, w: Uint32Array): void {
  for (let t = 16; t < 64; t++) {
    const x = w[t - 15] ?? 0;
    const y = w[t - 2] ?? 0;
    w[t] =
      (w[t - 16] ?? 0) +
      (w[t - 7] ?? 0) +
      (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) +
      (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10));
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let t = 0; t < 64; t++) {
    const first =
      (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + (ROUND[t] ?? 0) + (w[t] ?? 0)) | 0;
    const second = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  for (const [at, word] of [a, b, c, d, e, f, g, h].entries()) state[at] = (state[at] ?? 0) + word;
}

function turn(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

const PRIMES = primes(64);
const INITIAL = PRIMES.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));
const ROUND = PRIMES.map((prime) => fraction(Math.cbrt(prime)));

/** The first 32 bits of the fractional part: how the standard makes its constants. */
function fraction(value: number): number {
  return Math.floor((value - Math.floor(value)) * 2 ** 32);
}

function primes(count: number): readonly number[] {
  const found: number[] = [];
  for (let candidate = 2; found.length < count; candidate++) {
    if (found.every((prime) => candidate % prime !== 0)) found.push(candidate);
  }
  return found;
}
