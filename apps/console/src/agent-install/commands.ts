/** Where hosts reach the console, and the fingerprint of its own certificate where nobody else vouches for it. */
export interface Console {
  readonly url: string;
  readonly pin: string | null;
}

const argumentsOf = ({ url, pin }: Console): string => `--server ${url}${pin === null ? '' : ` --pin sha256:${pin}`}`;

/** For a host that has `hullcheck`. The token is read from standard input: an argument would stand in every process list and history. */
export function hostCommand(console: Console): string {
  return `hullcheck agent ${argumentsOf(console)}`;
}

/** Root alone opens the engine's socket, and needs these to become nobody and to end what became that. */
const RIGHTS = ['CHOWN', 'DAC_OVERRIDE', 'KILL', 'SETGID', 'SETUID'];

/**
 * For a host whose Docker is to run the agent: `enroll` asks for the token and keeps the key in a volume, `run` goes on with the key. One
 * container for both would hold the token in a variable, or a file that must be there at each later start.
 */
export function containerCommands(console: Console): { readonly enroll: string; readonly run: string } {
  const flags = [
    '--network host --user 0:0 --read-only --tmpfs /tmp --cpus 1 --memory 768m --pids-limit 256',
    '--security-opt no-new-privileges --cap-drop ALL',
    ...RIGHTS.map((right) => `--cap-add ${right}`),
    '-v /etc/machine-id:/etc/machine-id:ro -v /etc/os-release:/etc/os-release:ro',
    '-v hullcheck-agent:/var/lib/hullcheck-agent -v /run/docker.sock:/run/docker.sock',
  ].join(' ');
  const agent = `REGISTRY/hullcheck:VERSION ${argumentsOf(console)} --data /var/lib/hullcheck-agent --name "$(hostname)"`;
  return {
    enroll: `docker run --rm --interactive ${flags} ${agent} --once`,
    run: `docker run --detach --name hullcheck-agent --restart unless-stopped ${flags} ${agent}`,
  };
}

/** The secret's value is read from standard input like the token of a host. */
export function chartCommands({ url, pin }: Console): { readonly secret: string; readonly chart: string } {
  const release = '--namespace hullcheck';
  const values = [
    `server=${url}`,
    ...(pin === null ? [] : [`pin=sha256:${pin}`]),
    'nodes.enabled=true',
    'clusterName=NAME',
    'image.repository=REGISTRY/hullcheck',
  ];
  return {
    secret: `kubectl ${release} create secret generic hullcheck-enrollment --from-file=token=/dev/stdin`,
    chart: `helm upgrade --install hullcheck deploy/helm/hullcheck-collector ${release} ${values.map((value) => `--set ${value}`).join(' ')}`,
  };
}
