import type { Json } from '@hullcheck/core';
import { describe, expect, it } from 'vitest';
import { limits } from '../limits.ts';
import { claimsNothing, layerId, memoryFile, viewOf } from '../samples.testing.ts';
import { documents } from './documents.ts';
import { type ProgramEvidence, programs } from './index.ts';
import { installedBy } from './installed.ts';
import { searchPrograms } from './parse.ts';
import { recognisers } from './recognisers.ts';
import { programWith, realPrograms } from './samples.testing.ts';

const analyze = (path: string, content: string | Uint8Array, mode = 0o755) =>
  programs.analyze(memoryFile(path, content, mode), claimsNothing);

const found = (path: string, content: string | Uint8Array, mode?: number): readonly string[] =>
  (analyze(path, content, mode).evidence?.programs ?? []).map(({ id, version }) => `${id} ${version}`);

const purls = (files: { readonly [path: string]: string | Uint8Array }): readonly string[] => {
  const evidence = Object.entries(files).map(([path, content]) => [path, [analyze(path, content).evidence]] as const);
  return programs.resolve(viewOf<ProgramEvidence>(Object.fromEntries(evidence))).packages.map(({ purl }) => purl);
};

describe('a real program', () => {
  it.each(realPrograms.map((real) => [`${real.path} of ${real.origin}`, real] as const))(
    '%s is known with the version of its package',
    (_, { path, bytes, recogniser, version }) => {
      expect(found(path, bytes)).toEqual([`${recogniser} ${version}`]);
    },
  );

  it('is the proof of most recognisers; the others name where the text was seen', () => {
    const proven = new Set(realPrograms.map(({ recogniser }) => recogniser));
    expect(proven.size).toBeGreaterThanOrEqual(34);
    for (const { id, source } of recognisers) expect(source.startsWith('https://'), id).toBe(true);
  });
});

/** Texts of programs that are in no package registry at hand, as the named sources print them. */
describe('a program known from its source', () => {
  it.each([
    ['usr/local/bin/redis-server', '\x004.0.11841ce7054bd9-1542359302000000000\0', 'redis 4.0.11'],
    ['usr/local/bin/redis-server', '\x007.0.14buildkitsandbox-1702957741000000000\0', 'redis 7.0.14'],
    ['usr/local/bin/valkey-server', 'valkey9.0.0buildkitsandbox-1764887574000000000\0', 'valkey 9.0.0'],
    ['usr/local/openresty/nginx/sbin/nginx', 'nginx version: openresty/1.21.4.1\n', 'openresty 1.21.4.1'],
    ['usr/sbin/mysqld', '/export/home/pb2/build/mysql-8.0.37/mysys/my_default.cc\0', 'mysql 8.0.37'],
    ['usr/sbin/mysqld', '/tmp/percona-server-8.0.35-27/sql/sql.cc\0', 'percona-server 8.0.35-27'],
    ['usr/bin/xtrabackup', '/percona-xtrabackup-8.0.35-30/storage/x.cc\0', 'percona-xtrabackup 8.0.35-30'],
    ['usr/lib/dart/bin/dart', 'Dart,GC"\x003.5.2 (stable) (Wed Aug 28 10:01:20 2024)', 'dart 3.5.2'],
    ['usr/local/cargo/bin/rustc', 'rustc version 1.81.0 (eeb90cda1 2024-09-04)\0', 'rust 1.81.0'],
    ['fluent-bit/bin/fluent-bit', '\x002.2.3\0Fluent Bit v%s', 'fluent-bit 2.2.3'],
    ['usr/lib/libcrypto.so.3', 'OpenSSL 1.1.1 (compatible; AWS-LC 1.69.0)\0', 'aws-lc 1.69.0'],
    ['usr/local/bin/ruby', 'ruby 3.4.0preview1 (2024-05-16 revision 9d69619623) [x86_64-linux]', 'ruby 3.4.0preview1'],
    ['opt/python/bin/python3.13', '\x003.13.0rc2\0', 'python 3.13.0rc2'],
    ['usr/local/bin/gcc', '\x0012.3.0\0(GCC) \0gcc version %s %s\n', 'gcc 12.3.0'],
  ])('%s', (path, text, expected) => {
    expect(found(path, programWith(text))).toEqual([expected]);
  });

  it.each([
    ['usr/bin/composer', "const VERSION = '2.8.11';\n    public const BRANCH_ALIAS_VERSION = '';\n", 'composer 2.8.11'],
    ['usr/local/bin/wp', 'wp-cli/wp-cli 2.9.0 2023-10-25T08:00:00+00:00\nbehat/behat v3\n', 'wp-cli 2.9.0'],
  ])('%s is an archive of scripts', (path, text, expected) => {
    expect(found(path, `#!/usr/bin/env php\n<?php ${text}`)).toEqual([expected]);
  });
});

describe('what is no statement of a version', () => {
  it.each([
    ['a telemetry library in Deno', 'bin/deno', 'OTel-OTLP-Exporter-Deno/0.80.0grpc'],
    ['another major version of Python', 'bin/python3.12', '\x003.11.9\0'],
    ['a soname', 'lib/libssl.so.3', 'libssl.so.3\0libcrypto.so.3\0'],
    ['the release that OpenSSL claims to be compatible with', 'bin/openssl', 'OpenSSL 1.1.1 (compatible)'],
    ['a comment in Composer', 'bin/composer', " * const VERSION = '1.8.2';\n     * const BRANCH_ALIAS_VERSION = '';"],
    ['Apache without patch level', 'bin/httpd', '\0Apache/2.4\0'],
    ['the SSH of others', 'sbin/sshd', 'OpenSSH_2.*,OpenSSH_3.0*\0OpenSSH_9.2\0'],
  ])('%s', (_, path, text) => {
    expect(found(path, programWith(text))).toEqual([]);
  });

  it('files of other names are not searched, and scripts of a program are no program', () => {
    expect(found('usr/bin/other', programWith('nginx version: nginx/1.27.2\n'))).toEqual([]);
    expect(found('usr/bin/nginx', '#!/bin/sh\necho nginx version: nginx/1.27.2\n')).toEqual([]);
  });
});

describe('the search', () => {
  const nginx = recognisers.filter(({ id }) => id === 'nginx');
  const text = 'nginx version: nginx/1.27.12\n';

  it('finds a statement wherever the windows cut the file', () => {
    const window = 1024 * 1024;
    for (let shift = -text.length - 80; shift <= 80; shift += 1) {
      const bytes = Buffer.alloc(window + 4096);
      bytes.write(text, window + shift, 'latin1');
      const { found: programsFound } = searchPrograms(memoryFile('nginx', bytes), 'nginx', nginx);
      expect(programsFound, String(shift)).toEqual([{ id: 'nginx', version: '1.27.12', at: window + shift }]);
    }
  });

  it('gives up on a file that is nothing but beginnings, and says which limit ended it', () => {
    const { problems, evidence } = analyze(
      'nginx',
      programWith('nginx version: nginx/'.repeat(limits.programAnchorsMax + 1)),
    );
    expect(problems).toMatchObject([{ code: 'limit-exceeded', detail: expect.stringContaining('programAnchorsMax') }]);
    expect(evidence?.executable?.bytes).toBeGreaterThan(0);
  });

  it('shows no pattern more than a statement may span', () => {
    for (const { id, statements, files } of recognisers) {
      expect(files.source.startsWith('^') && files.source.endsWith('$'), id).toBe(true);
      for (const { anchor, before, after } of statements) {
        expect(anchor.length, id).toBeGreaterThanOrEqual(3);
        expect(before + anchor.length + after, id).toBeLessThanOrEqual(limits.programStatementBytesMax);
      }
    }
  });

  it('has each recogniser once', () => {
    const ids = [...recognisers, ...documents].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('a version document', () => {
  it.each([
    ['opt/java/openjdk/release', 'JAVA_VERSION="17.0.8"\nIMPLEMENTOR="Eclipse Adoptium"\n', ['openjdk 17.0.8']],
    ['opt/graalvm/release', 'JAVA_VERSION="23.0.2"\nGRAALVM_VERSION="24.1.2"\n', ['openjdk 23.0.2', 'graalvm 24.1.2']],
    ['usr/local/go/VERSION', 'go1.22.3\ntime 2024-05-01T19:49:47Z\n', ['go 1.22.3']],
    ['usr/local/go/VERSION', 'go1.19', ['go 1.19']],
    ['usr/local/lib/erlang/releases/26/OTP_VERSION', '26.1.2\n', ['erlang 26.1.2']],
    ['usr/local/lib/elixir/lib/elixir/ebin/elixir.app', '{application,elixir,[{vsn,"1.17.2"}]}', ['elixir 1.17.2']],
    ['app/VERSION', '1.2.3\n', []],
    ['app/release', 'v7\n', []],
    ['app/deps/elixir.app', '{vsn,"1.17.2"}', []],
  ])('%s', (path, text, expected) => {
    expect(found(path, text, 0o644)).toEqual(expected);
  });

  it('of another kind is no problem', () => {
    expect(analyze('src/VERSION', Buffer.alloc(limits.versionDocumentBytesMax + 1), 0o644)).toEqual({
      evidence: null,
      problems: [],
    });
  });
});

describe('packages of programs', () => {
  it('merge what one installation states in several places, with purl and CPE', () => {
    const libcrypto = programWith('OpenSSL 3.3.2 3 Sep 2024\0');
    const { packages } = programs.resolve(
      viewOf<ProgramEvidence>({
        'usr/local/lib/libcrypto.so.3': [null, analyze('libcrypto.so.3', libcrypto).evidence],
        'opt/jdk/release': [analyze('release', 'JAVA_VERSION="1.8.0_392"\n').evidence],
      }),
    );
    expect(packages).toMatchObject([
      {
        purl: 'pkg:generic/openssl@3.3.2',
        type: 'generic',
        name: 'openssl',
        version: '3.3.2',
        layer: layerId(1),
        paths: ['usr/local/lib/libcrypto.so.3'],
        cpes: ['cpe:2.3:a:openssl:openssl:3.3.2:*:*:*:*:*:*:*'],
        ownedBy: null,
      },
      {
        purl: 'pkg:generic/openjdk@1.8.0_392',
        cpes: ['cpe:2.3:a:oracle:openjdk:8:update392:*:*:*:*:*:*', 'cpe:2.3:a:oracle:jdk:1.8.0:update392:*:*:*:*:*:*'],
      },
    ]);
  });

  it('are left out where the operating system owns the file', () => {
    const evidence = analyze('usr/bin/bash', programWith('@(#)Bash version 5.2.15(1) release GNU')).evidence;
    const view = viewOf<ProgramEvidence>({ 'usr/bin/bash': [evidence] }, { ownerOf: () => 'bash' });
    expect(programs.resolve(view).packages).toEqual([]);
  });

  it('name a program with many hard links once', () => {
    const busybox = programWith('BusyBox v1.36.1 (2024-06-10 07:11:47 UTC)');
    const linked: Json = analyze('bin/[', busybox).evidence ?? null;
    const { packages } = programs.resolve(
      viewOf({ 'bin/[': [linked], 'bin/busybox': [linked], 'bin/cat': [linked] } as never),
    );
    expect(packages.map(({ purl, paths }) => [purl, paths])).toEqual([['pkg:generic/busybox@1.36.1', ['bin/[']]]);
  });

  it('file the go command where the Go vulnerability database has it', () => {
    expect(purls({ 'usr/local/go/VERSION': 'go1.22.3\n' })).toEqual(['pkg:golang/toolchain@1.22.3']);
  });

  it('explain what the same build installs', () => {
    const evidence = analyze('python3.12', programWith('\x003.12.4\0')).evidence;
    const [python] = programs.resolve(viewOf<ProgramEvidence>({ 'usr/local/bin/python3.12': [evidence] })).packages;
    expect(python === undefined ? [] : installedBy(python)).toContain('usr/local/lib/python3.12/lib-dynload/');
    const release = analyze('release', 'JAVA_VERSION="17.0.8"\n').evidence;
    const [java] = programs.resolve(viewOf<ProgramEvidence>({ 'opt/java/openjdk/release': [release] })).packages;
    expect(java === undefined ? [] : installedBy(java)).toEqual(['opt/java/openjdk/']);
  });
});
