/** Bounds on files of Erlang and Elixir terms. */
export const limits = {
  termDepthMax: 64,
  /** Terms of one file that end in a full stop; lock files have two, application files one. */
  termsPerFileMax: 1000,
} as const;
