/** A reference to a package: `name/version@user/channel#recipe:package#build%time`, all but name and version optional. */
export interface ConanReference {
  readonly name: string;
  readonly version: string;
  /** As the purl has them. https://github.com/package-url/purl-spec/blob/main/types/conan-definition.json */
  readonly qualifiers: { readonly [key: string]: string | undefined };
}

const REFERENCE =
  /^([\w.+-]{1,128})\/([\w.+~-]{1,256})(?:@(?:([\w.+-]{1,128})\/([\w.+-]{1,128}))?)?(?:#([0-9a-f]{1,64}))?(?::([0-9a-f]{1,64})(?:#([0-9a-f]{1,64}))?)?(?:%[\d.]{1,32})?$/;
/** What stands for no user and no channel. */
const NONE = '_';

/** Undefined for ranges (`zlib/[>1.2]`) and for what has no name, as a project's own file may. */
export function parseReference(text: string): ConanReference | undefined {
  const [, name, version, user, channel, rrev, , prev] = REFERENCE.exec(text.slice(0, 2048)) ?? [];
  if (name === undefined || version === undefined) return undefined;
  return { name, version, qualifiers: { ...stated('user', user), ...stated('channel', channel), rrev, prev } };
}

export function stated(key: string, value: string | undefined): { readonly [key: string]: string | undefined } {
  return value === undefined || value === NONE ? {} : { [key]: value };
}
