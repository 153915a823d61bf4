/** One distribution of CPAN: what is uploaded and installed as one, with modules of other names in it. */
export type Distribution = {
  /** `libwww-perl`, `Acme-Thing`. */
  readonly name: string;
  readonly version: string;
  /** CPANID of who uploaded it, or null. */
  readonly author: string | null;
};

const ARCHIVE = /\.(?:tar\.(?:gz|bz2|xz)|tgz|tbz|zip)$/;
/** Name, then the last dash that a number follows: `Net-SSLeay-1.94`, `libwww-perl-6.76`, `Foo-1.02_03-TRIAL`. */
const NAME = /^(.{1,256})-(v?\d[\w.]{0,128}(?:-TRIAL\d?)?)$/;
/** `A/AC/ACME/Acme-Thing-1.02.tar.gz`, or with `authors/id/` before it. */
const PATHNAME = /^(?:authors\/id\/)?[A-Z]\/[A-Z0-9-]{2}\/([A-Z0-9-]{2,64})\/(?:.{1,512}\/)?([^/]{1,512})$/;

/** From the name of the archive without its ending, as the toolchain itself tells them. https://metacpan.org/pod/CPAN::DistnameInfo */
export function parseDistribution(dist: string, pathname: string | undefined): Distribution | undefined {
  const [, author, archive] = PATHNAME.exec(pathname?.slice(0, 2048) ?? '') ?? [];
  const [, name, version] = NAME.exec(dist) ?? NAME.exec((archive ?? '').replace(ARCHIVE, '')) ?? [];
  return name === undefined || version === undefined ? undefined : { name, version, author: author ?? null };
}
