import type { ConnectionTest } from '@hullcheck/contract';

interface Look {
  readonly word: string;
  readonly badge: 'badge-ok' | 'badge-2' | 'badge-4' | '';
  /** What to do, where the console's own sentence doesn't say. */
  readonly todo: string | null;
}

/** Every status of a connection, in words and with what to do. */
export const statusLooks: { readonly [status in ConnectionTest['status']]: Look } = {
  connected: { word: 'Connected', badge: 'badge-ok', todo: null },
  authorization_failed: { word: 'Authorization failed', badge: 'badge-4', todo: 'Change the user, password or token.' },
  not_found: {
    word: 'Not found',
    badge: 'badge-4',
    todo: 'Check the address and what is named: nothing there answers to it.',
  },
  ssl_handshake: {
    word: 'SSL handshake',
    badge: 'badge-4',
    todo: "Add the authority that signed the registry's certificate, or the client certificate that the registry asks for.",
  },
  rate_limited: {
    word: 'Rate limited',
    badge: 'badge-2',
    todo: 'It goes on by itself. A signed-in user gets a higher limit.',
  },
  unreachable: {
    word: 'Unreachable',
    badge: 'badge-4',
    todo: 'Check the address, the network and the proxy of the console.',
  },
  unknown: {
    word: 'Unknown',
    badge: '',
    todo: 'Read it again; where that changes nothing, the log of the registry, or of what stands before it, says more.',
  },
};

/** Connected, but by half. */
export const partialLooks: {
  readonly [partial in NonNullable<ConnectionTest['partial']>]: {
    readonly word: string;
    readonly test: string;
    readonly todo: string;
  };
} = {
  list_only: {
    word: 'list only',
    test: 'Connected, list only',
    todo: 'Sign in as somebody who may pull; until then hosts and uploads are what its images can be read from.',
  },
  pull_only: {
    word: 'pull only',
    test: 'Connected, pull only',
    todo: 'Name every repository that is wanted under Change, or sign in as somebody who may list.',
  },
};
