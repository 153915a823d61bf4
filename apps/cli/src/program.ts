import { Fault } from '@hullcheck/core';
import { Command, CommanderError, Option } from 'commander';
import { Settings, type Surroundings } from './settings.ts';

const collect = (value: string, before: readonly string[] | undefined) => [...(before ?? []), value];

/** A switch that says no and is not the opposite of another: `--cache DIR` names where the databases are all the same. */
function switchNamed(flag: string, description: string): Option {
  const option = new Option(flag, description);
  option.negate = false;
  option.attributeName = () => flag.slice(2).replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return option;
}

/** `--key FILE` is HULLCHECK_DB_KEY, a setting that a file of settings and the console have too. */
function settingOption(flag: string, name: string, description: string): Option {
  const option = new Option(flag, description);
  option.attributeName = () => name;
  return option;
}

const keyOption = () => settingOption('--key <file>', 'dbKey', 'public keys (PEM) of which one must have signed it');

function withRegistryFlags(command: Command): Command {
  return command
    .option('--insecure-registry <host>', 'this registry may speak plain HTTP; repeatable', collect)
    .option('--allow-network <cidr>', 'private network that a registry may send this program to; repeatable', collect);
}

function withReadingFlags(command: Command): Command {
  return command
    .option('-f, --format <format>', 'table, json, cyclonedx; repeatable, FORMAT=FILE writes a file', collect)
    .option('-o, --output <file>', 'write there instead of standard output')
    .option('--input <file>', 'read this archive (docker save or OCI)')
    .option('--platform <platform>', 'os/architecture[/variant] of a multi-platform image')
    .option('--insecure-registry <host>', 'this registry may speak plain HTTP; repeatable', collect)
    .option('--allow-network <cidr>', 'private network that a registry may send this program to; repeatable', collect)
    .option('--timeout <seconds>', 'give up after this long (600)')
    .addOption(switchNamed('--no-cache', 'read every layer anew, and keep nothing of it'))
    .option('--no-progress', 'no progress line');
}

function withCommonFlags(command: Command): Command {
  return command
    .option('--config <file>', 'configuration file (./.hullcheck.yaml)')
    .option('--cache <dir>', 'folder for databases and layer reports')
    .option('--db <file>', 'use this vulnerability database')
    .option('--offline', 'ask nothing of the network')
    .option('-q, --quiet', 'no progress and no notes');
}

export interface Program {
  /** Runs one command line and gives its exit code. */
  run(args: readonly string[]): Promise<number>;
}

/** The commands by name. Each loads only what it needs: a scan must not pay for the console. */
export function buildProgram(around: Surroundings): Program {
  let code = 0;
  const program = new Command('hullcheck');
  program
    .description('What is inside your container images, what is wrong with it, and what to do first')
    .version(around.version, '-V, --version')
    .exitOverride()
    .configureOutput({ writeOut: (text) => around.stdout.write(text), writeErr: () => {} })
    .showSuggestionAfterError(true);

  const settingsOf = (command: Command) => {
    const { progress, vendorVex, ...flags } = command.optsWithGlobals<Record<string, unknown>>();
    const without = {
      ...(progress === false ? { noProgress: true } : {}),
      ...(vendorVex === false ? { noVendorVex: true } : {}),
    };
    return Settings.read({ ...flags, ...without }, around);
  };

  withCommonFlags(
    withReadingFlags(
      program
        .command('scan')
        .alias('image')
        .argument('[image]', 'name[:tag][@digest], or scheme:… — see the user guide')
        .description('what is in it, what is wrong with it, what to do first'),
    ),
  )
    .option('-s, --severity <list>', 'show only these: critical, high, medium, low, negligible, unknown')
    .option('--only-fixed', 'show only what a fix exists for')
    .option('--ignore-unfixed', 'the same')
    .option('--vex <file>', 'what is not affected: OpenVEX, CycloneDX or CSAF; repeatable', collect)
    .option('--no-vendor-vex', 'without what vendors state of their own images (Rancher, Docker Hardened Images)')
    .option(
      '--ignorefile <file>',
      'ignore what it names, instead of ./.trivyignore, ./.trivyignore.yaml, ./.grype.yaml',
    )
    .option('--fail-on <severity>', 'exit 2 when a finding of this severity or worse remains')
    .option('--exit-code <n>', 'exit with this instead of 2; without --fail-on when any finding remains')
    .action(async (image: string | undefined, _flags: unknown, command: Command) => {
      const { scanCommand } = await import('./commands/scan.ts');
      code = await scanCommand('scan', image, await settingsOf(command), around);
    });
  withCommonFlags(
    withReadingFlags(program.command('sbom').argument('[image]', 'as for scan').description('only what is in it')),
  ).action(async (image: string | undefined, _flags: unknown, command: Command) => {
    const { scanCommand } = await import('./commands/scan.ts');
    code = await scanCommand('sbom', image, await settingsOf(command), around);
  });

  const db = program.command('db').description('the vulnerability database');
  const dbCommand = (name: string, description: string) =>
    withCommonFlags(db.command(name).description(description)).option('-f, --format <format>', 'text or json');
  dbCommand('status', 'which database a scan would use, and how old its sources are')
    .addOption(keyOption())
    .action(async (_flags: unknown, command: Command) => {
      const { statusCommand } = await import('./commands/db.ts');
      code = await statusCommand(await settingsOf(command), around);
    });
  for (const kind of ['build', 'update'] as const) {
    const command = dbCommand(
      kind,
      kind === 'build' ? 'build it from the feeds from the start' : 'read again only the feeds that changed',
    );
    if (kind === 'update') {
      withRegistryFlags(command)
        .addOption(settingOption('--from <source>', 'databaseSource', 'a ready one: oci:<reference> or a console'))
        .option('--server <url>', 'a ready one, of this console')
        .option('--token <token>', 'API token for it; better HULLCHECK_TOKEN or HULLCHECK_TOKEN_FILE')
        .addOption(keyOption());
    }
    command
      .option('--feeds <dir|url>', 'a mirror of the feeds instead of their own addresses')
      .option('-o, --output <dir>', 'folder for the database file')
      .option('--allow-shrink [feeds]', 'take these feeds (all) even when they lost more than a tenth of their records')
      .option('--also-feeds <feeds>', 'feeds that are not read by default: ghsa, redhat-oval')
      .option('--redistributable-only', 'only feeds whose licence lets their facts be passed on')
      .option('--fail-on-shrink', 'exit 1 when a feed lost more than a tenth of its records')
      .option('--no-progress', 'no progress line')
      .action(async (_flags: unknown, command: Command) => {
        const { refreshCommand } = await import('./commands/db.ts');
        code = await refreshCommand(kind, await settingsOf(command), around);
      });
  }
  const distribution = () => import('./commands/db-distribution.ts');
  dbCommand('verify', 'check every page, the content hash and, with a key, the signature')
    .argument('[file]', 'a database or an exported file; the one that a scan would use')
    .addOption(keyOption())
    .action(async (file: string | undefined, _flags: unknown, command: Command) => {
      code = await (await distribution()).verifyCommand(file, await settingsOf(command), around);
    });
  dbCommand('export', 'write one file to carry to another machine')
    .argument('<file>')
    .option('--sign-key <file>', 'private key (PEM): signs it, and writes <file>.sig')
    .action(async (file: string, _flags: unknown, command: Command) => {
      code = await (await distribution()).exportCommand(file, await settingsOf(command), around);
    });
  dbCommand('import', 'take such a file into the cache')
    .argument('<file>')
    .addOption(keyOption())
    .action(async (file: string, _flags: unknown, command: Command) => {
      code = await (await distribution()).importCommand(file, await settingsOf(command), around);
    });
  withRegistryFlags(dbCommand('push', 'publish it as an artifact of a registry'))
    .argument('<reference>', 'host/name[:tag]')
    .option('--sign-key <file>', 'private key (PEM): signs it as cosign does')
    .action(async (reference: string, _flags: unknown, command: Command) => {
      code = await (await distribution()).pushCommand(reference, await settingsOf(command), around);
    });
  withRegistryFlags(dbCommand('pull', 'take it from a registry: the same as update --from oci:<reference>'))
    .argument('[reference]', 'host/name[:tag][@digest]; what HULLCHECK_DATABASE_SOURCE names')
    .addOption(keyOption())
    .option('--no-progress', 'no progress line')
    .action(async (reference: string | undefined, _flags: unknown, command: Command) => {
      code = await (await distribution()).pullCommand(reference, await settingsOf(command), around);
    });

  const versions = program.command('versions').description('compare versions as their ecosystem does');
  versions
    .command('compare')
    .argument('<scheme>')
    .argument('[a]')
    .argument('[b]')
    .description('<, =, > or ? ; without a and b one tab-separated pair a line from standard input')
    .action(async (scheme: string, a: string | undefined, b: string | undefined) => {
      if ((a === undefined) !== (b === undefined))
        throw new Fault('invalid-input', 'give two versions, or none and a list on standard input');
      const { compareCommand } = await import('./commands/versions.ts');
      code = await compareCommand(scheme, a === undefined || b === undefined ? undefined : [a, b], around);
    });
  versions
    .command('satisfies')
    .argument('<scheme>')
    .argument('<version>')
    .argument('<range>')
    .description('yes, no or ?')
    .action(async (scheme: string, version: string, range: string) => {
      const { satisfiesCommand } = await import('./commands/versions.ts');
      code = satisfiesCommand(scheme, version, range, around);
    });

  const consoleFlags = (command: Command) =>
    withCommonFlags(command)
      .option('--listen <host:port>', 'address (127.0.0.1:8480)')
      .option('--data <dir>', 'folder for its data (.hullcheck)')
      .option('--role <role>', 'all, api or worker')
      .option('--feeds <dir|url>', 'a mirror of the feeds')
      .option('--also-feeds <feeds>', 'as for db update')
      .option('--allow-shrink [feeds]', 'as for db update, for refreshes until the console ends')
      .option('--database-source <source>', 'take ready databases: oci:<reference> or another console')
      .addOption(settingOption('--db-key <file>', 'dbKey', 'public keys (PEM) of which one must have signed them'))
      .option(
        '--machine-identity <clouds>',
        'connections may use the identity of this machine: aws, google, azure',
        collect,
      )
      .option('--retention-days <n>', 'days for which gone containers and images are kept (90), 0 for ever')
      .option('--pg-bin <dir>', 'PostgreSQL programs to use instead of the embedded ones');
  const consoleAction = (hostAgent: boolean) => async (_flags: unknown, command: Command) => {
    const { consoleCommand } = await import('./commands/console.ts');
    code = await consoleCommand({ hostAgent }, await settingsOf(command), around);
  };
  consoleFlags(program.command('console').description('serve the console')).action(consoleAction(false));
  consoleFlags(program.command('up').description('the console with the agent of this host'))
    .option('--demo', 'load sample images')
    .action(consoleAction(true));
  withCommonFlags(program.command('agent').description('report this host to a console'))
    .requiredOption('--server <url>', 'address of the console')
    .option('--name <name>', 'name of this host (its host name)')
    .option('--data <dir>', 'folder for its key')
    .option('--pin <sha256>', "fingerprint of the console's certificate")
    .option('--label <name>', 'also report this label, a trailing * stands for anything; repeatable', collect)
    .option('--mode <mode>', 'inventory+read (default), inventory, cluster, or collector of a registry')
    .option('--kubernetes-server <url>', 'API of the cluster, outside a pod')
    .option('--kubernetes-ca <file>', 'its certificate authority')
    .option('--kubernetes-token-file <file>', 'token of a service account that may list pods')
    .option('--enroll-nodes <account>', 'NAMESPACE/SERVICEACCOUNT whose pods enrol as agents of their nodes')
    .option('--registry <host>', 'registry that a collector lists and reads')
    .option('--registry-kind <kind>', 'by whose API it lists and dates tags: harbor, nexus, quay, … (generic)')
    .option('--project <name>', 'project, organisation or key that its kind lists by; repeatable', collect)
    .option('--token-server <origin>', 'on another host, may have the credential; repeatable', collect)
    .option('--repository <pattern>', 'only these of its repositories; repeatable', collect)
    .option('--exclude-repository <pattern>', 'not these; repeatable', collect)
    .option('--tag <pattern>', 'only these tags; repeatable', collect)
    .option('--exclude-tag <pattern>', 'not these; repeatable', collect)
    .option('--tags-max <n>', 'newest tags of each repository (20)')
    .option('--platform <platform>', 'platform that a collector reads (linux/amd64)')
    .option('--insecure-registry <host>', 'this registry may speak plain HTTP; repeatable', collect)
    .option('--once', 'report and end')
    .option('--dry-run', 'print what it would send')
    .action(async (_flags: unknown, command: Command) => {
      const { agentCommand } = await import('./commands/agent.ts');
      code = await agentCommand(await settingsOf(command), around);
    });

  for (const command of [program, ...program.commands, ...program.commands.flatMap((inner) => inner.commands)]) {
    command.exitOverride().configureOutput({ writeOut: (text) => around.stdout.write(text), writeErr: () => {} });
  }
  return {
    async run(args) {
      try {
        await program.parseAsync([...args], { from: 'user' });
      } catch (error) {
        if (!(error instanceof CommanderError)) throw error;
        if (error.exitCode === 0) return 0;
        if (error.code === 'commander.help') {
          program.outputHelp();
          return 1;
        }
        throw new Fault('invalid-input', error.message.replace(/^error: /, ''), { hint: 'See hullcheck --help' });
      }
      return code;
    },
  };
}
