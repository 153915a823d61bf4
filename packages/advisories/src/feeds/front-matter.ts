import { parse } from 'smol-toml';

/** The TOML block that opens a Markdown advisory (RustSec, HSEC); undefined without one. Throws on malformed TOML. */
export function parseTomlBlock(text: string): unknown {
  const block = /^\s*```\s*toml\r?\n([\s\S]*?)\r?\n```/.exec(text)?.[1];
  return block === undefined ? undefined : parse(block);
}
