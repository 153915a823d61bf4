/** Bounds on what is evaluated of Lua source. */
export const limits = {
  /** Nesting of tables and parentheses. */
  luaDepthMax: 64,
  /** A text put together of others. */
  luaTextCharsMax: 4096,
} as const;
