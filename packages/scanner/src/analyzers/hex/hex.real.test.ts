import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '@hullcheck/testkit';
import { describe, expect, it } from 'vitest';
import { claimsNothing, memoryFile } from '../samples.testing.ts';
import { hex } from './index.ts';

/** Erlang's own reader of term files: each application file below the folders, then each lock file. */
const CONSULT = `
  [Root, Samples] = [os:getenv(Name) || Name <- ["ROOT", "SAMPLES"]],
  Apps = lists:append([filelib:wildcard(Folder ++ Pattern) || {Folder, Pattern} <- [{Root, "/lib/*/ebin/*.app"}, {Samples, "/*.app"}]]),
  lists:foreach(fun(File) ->
    {ok, [{application, Name, Properties}]} = file:consult(File),
    Needs = lists:usort(proplists:get_value(applications, Properties, []) ++ proplists:get_value(included_applications, Properties, [])),
    io:format("~s\\t~p\\t~s\\t~s~n", [File, Name, proplists:get_value(vsn, Properties), lists:join(" ", [atom_to_list(Need) || Need <- Needs])])
  end, Apps),
  {ok, [{_, Locked} | _]} = file:consult(Samples ++ "/rebar.lock"),
  [io:format("lock\\t~s\\t~s\\t~p~n", [Name, Version, Level]) || {_, {pkg, Name, Version}, Level} <- Locked],
  halt().`;

const SAMPLES = join(import.meta.dirname, 'testdata');

describe.skipIf(findProgram('erl') === undefined)('terms as Erlang reads them', () => {
  it('in the application files of OTP and in the samples', () => {
    const home = execFileSync('erl', ['-noshell', '-eval', 'io:put_chars(code:root_dir()), halt().'], {
      encoding: 'utf8',
    });
    const lines = execFileSync('erl', ['-noshell', '-eval', CONSULT], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, ROOT: home, SAMPLES },
    })
      .trim()
      .split('\n');
    const read = (path: string, file: string) =>
      hex.analyze(memoryFile(path, readFileSync(file)), claimsNothing).evidence?.packages ?? [];
    const locked = read('rebar.lock', join(SAMPLES, 'rebar.lock'));
    expect(lines.filter((line) => line.startsWith('lock'))).toEqual(
      locked.map(({ name, version, direct }) => `lock\t${name}\t${version}\t${direct ? 0 : 1}`),
    );
    const applications = lines.filter((line) => !line.startsWith('lock'));
    expect(applications.length).toBeGreaterThan(4);
    for (const line of applications) {
      const [file = '', name, version, needs = ''] = line.split('\t');
      const [found] = read(`lib/x/ebin/${name}.app`, file);
      expect(found).toMatchObject({ name, version });
      expect([...(found?.needs ?? [])].sort()).toEqual(
        needs
          .split(' ')
          .filter((need) => need !== '')
          .sort(),
      );
    }
  });
});
