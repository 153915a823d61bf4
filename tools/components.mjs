// The servers and tools that tests with real components need. As root on Debian they are installed; as anyone else
// nothing is touched, and the tests that miss them are skipped by name.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './node24.mjs';

const onPath = (program) =>
  `${process.env.PATH}:/usr/sbin:/sbin`.split(':').some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

const components = [
  { debian: 'docker.io', present: () => onPath('dockerd') },
  { debian: 'containerd', present: () => onPath('containerd') },
  { debian: 'podman', present: () => onPath('podman') },
  // With which an ordinary user's Podman gets the ids of its containers.
  { debian: 'uidmap', present: () => onPath('newuidmap') },
  { debian: 'docker-registry', present: () => onPath('docker-registry') },
  { debian: 'chromium', present: () => onPath('chromium') },
  { debian: 'umoci', present: () => onPath('umoci') },
  { debian: 'skopeo', present: () => onPath('skopeo') },
  { debian: 'apache2-utils', present: () => onPath('htpasswd') },
  // Hosts that can't reach each other, as network namespaces.
  { debian: 'iproute2', present: () => onPath('ip') },
  // With which a host gets the agent from its console.
  { debian: 'curl', present: () => onPath('curl') },
  // By which the unit of its service is checked.
  { debian: 'systemd', present: () => onPath('systemd-analyze') },
  { debian: 'openssl', present: () => onPath('openssl') },
  { debian: 'zstd', present: () => onPath('zstd') },
  { debian: 'rpm', present: () => onPath('rpm') },
  { debian: 'unzip', present: () => onPath('unzip') },
  { debian: 'zip', present: () => onPath('zip') },
  { debian: 'python3', present: () => onPath('python3') },
  // What gems and Composer packages are there, by their own tools.
  { debian: 'ruby', present: () => onPath('ruby') },
  { debian: 'php-cli', present: () => onPath('php') },
  // How pip and Composer compare versions, by their own libraries.
  { debian: 'python3-packaging', present: () => existsSync('/usr/lib/python3/dist-packages/packaging') },
  { debian: 'php-composer-semver', present: () => existsSync('/usr/share/php/Composer/Semver') },
  // What the committed WebAssembly is compiled with; lld is its linker.
  { debian: 'clang-19', present: () => onPath('clang-19') },
  { debian: 'lld-19', present: () => onPath('wasm-ld-19') },
  // What application files, rocks and CPAN distributions state, by Erlang, LuaRocks and cpanminus themselves.
  { debian: 'erlang-base', present: () => onPath('erl') },
  { debian: 'luarocks', present: () => onPath('luarocks') },
  { debian: 'cpanminus', present: () => onPath('cpanm') },
  { debian: 'postgresql', present: () => existsSync('/usr/lib/postgresql') },
];

/** The images of the corpus that tests read: everything but the multi-gigabyte ones. */
const corpusImages =
  'debian-bookworm debian-bullseye-old alpine-3.6 alpine-3.10 alpine-3.14 alpine-3.20 alpine-3.18-del alpine-310-dockersave node-app python-app scratch-go scratch-busybox distroless multiarch zstd go-rust java-app ruby-php rpm-rocky-sqlite rpm-mariner rpm-bdb rpm-sle15-ndb';

/** Installs and builds what it may; gives the environment variables that tests look at. */
export function prepareComponents() {
  const debianRoot = process.getuid?.() === 0 && existsSync('/etc/debian_version') && onPath('apt-get');
  const missing = components.filter((component) => !component.present()).map((component) => component.debian);
  if (missing.length > 0 && debianRoot) {
    process.stderr.write(`Installing ${missing.join(', ')} for the tests …\n`);
    const apt = (args) =>
      spawnSync('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=600', ...args], {
        stdio: ['ignore', 'ignore', 2],
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      });
    apt(['update']);
    // One by one: a component whose packages conflict with the machine's is left out, and its tests are skipped.
    for (const name of missing) apt(['install', '-y', '--no-remove', '--no-install-recommends', name]);
  }
  const shared = process.env.HULLCHECK_SHARED ?? join(root, '..', 'shared');
  const corpus = process.env.HULLCHECK_CORPUS ?? '/var/tmp/hullcheck-corpus';
  const script = join(shared, 'corpus', 'build-corpus.sh');
  if (debianRoot && existsSync(script)) {
    const marks = join(corpus, '.done');
    const built = new Set(existsSync(marks) ? readdirSync(marks) : []);
    if (corpusImages.split(' ').some((name) => !built.has(name))) {
      process.stderr.write('Building the image corpus …\n');
      spawnSync('bash', [script, corpus], {
        stdio: ['ignore', 'ignore', 'ignore'],
        env: { ...process.env, ONLY: corpusImages },
      });
    }
  }
  return { HULLCHECK_SHARED: shared, HULLCHECK_CORPUS: corpus };
}
