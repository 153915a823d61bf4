/** A digest or id made of a number: stable between runs. */
export function hex(seed: number, digits: number): string {
  let state = (seed * 2_654_435_761 + 97) >>> 0;
  let text = '';
  while (text.length < digits) {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 3_266_489_917) >>> 0;
    text += state.toString(16).padStart(8, '0');
  }
  return text.slice(0, digits);
}
export function uuid(seed: number): string {
  const text = hex(seed, 32);
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-4${text.slice(13, 16)}-a${text.slice(17, 20)}-${text.slice(20)}`;
}
