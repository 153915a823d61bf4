/** Ubuntu's releases by the name that the tracker uses. https://wiki.ubuntu.com/Releases */
export const UBUNTU_RELEASES: ReadonlyMap<string, string> = new Map([
  ['precise', '12.04'],
  ['trusty', '14.04'],
  ['xenial', '16.04'],
  ['bionic', '18.04'],
  ['cosmic', '18.10'],
  ['disco', '19.04'],
  ['eoan', '19.10'],
  ['focal', '20.04'],
  ['groovy', '20.10'],
  ['hirsute', '21.04'],
  ['impish', '21.10'],
  ['jammy', '22.04'],
  ['kinetic', '22.10'],
  ['lunar', '23.04'],
  ['mantic', '23.10'],
  ['noble', '24.04'],
  ['oracular', '24.10'],
  ['plucky', '25.04'],
  ['questing', '25.10'],
  ['resolute', '26.04'],
]);

interface Pocket {
  readonly version: string;
  readonly extended: boolean;
}

/** Every name that a release has, made once: the tracker names one two million times. */
const POCKETS: ReadonlyMap<string, Pocket> = new Map(
  [...UBUNTU_RELEASES].flatMap(([name, version]): [string, Pocket][] => [
    [name, { version, extended: false }],
    ...[`esm-infra/${name}`, `esm-apps/${name}`, `${name}/esm`].map((pocket): [string, Pocket] => [
      pocket,
      { version, extended: true },
    ]),
  ]),
);

/** The release and pocket of `jammy`, `esm-infra/bionic` or `trusty/esm`; undefined for snaps, FIPS builds and other products. */
export function parsePocket(text: string): Pocket | undefined {
  return POCKETS.get(text);
}
