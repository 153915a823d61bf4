import type { Analyzer } from '@hullcheck/core';
import { apk } from './apk/index.ts';
import { bitnami } from './bitnami/index.ts';
import { composer } from './composer/index.ts';
import { conan } from './conan/index.ts';
import { conda } from './conda/index.ts';
import { dart } from './dart/index.ts';
import { dotnet } from './dotnet/index.ts';
import { dpkg } from './dpkg/index.ts';
import { embeddedSbom } from './embedded-sbom/index.ts';
import { golang } from './golang/index.ts';
import { haskell } from './haskell/index.ts';
import { hex } from './hex/index.ts';
import { java } from './java/index.ts';
import { julia } from './julia/index.ts';
import { lua } from './lua/index.ts';
import { npm } from './npm/index.ts';
import { opkg } from './opkg/index.ts';
import { osRelease } from './os-release/index.ts';
import { pacman } from './pacman/index.ts';
import { perl } from './perl/index.ts';
import { portage } from './portage/index.ts';
import { programs } from './programs/index.ts';
import { python } from './python/index.ts';
import { r } from './r/index.ts';
import { rpm } from './rpm/index.ts';
import { ruby } from './ruby/index.ts';
import { rust } from './rust/index.ts';
import { swift } from './swift/index.ts';
import { vcpkg } from './vcpkg/index.ts';

/** Every analyzer, by id. A test proves that each folder here is listed. */
export const analyzers: readonly Analyzer[] = [
  apk,
  bitnami,
  composer,
  conan,
  conda,
  dart,
  dotnet,
  dpkg,
  embeddedSbom,
  golang,
  haskell,
  hex,
  java,
  julia,
  lua,
  npm,
  opkg,
  osRelease,
  pacman,
  perl,
  portage,
  programs,
  python,
  r,
  rpm,
  ruby,
  rust,
  swift,
  vcpkg,
];

/** Ids of the operating-system package managers: they are resolved first, and only they say who owns a file. */
export const packageManagers: ReadonlySet<string> = new Set([apk.id, dpkg.id, opkg.id, pacman.id, portage.id, rpm.id]);

/** Ids of the analyzers whose packages are statements of documents: they yield to what is found. */
export const statingAnalyzers: ReadonlySet<string> = new Set([bitnami.id, embeddedSbom.id]);
