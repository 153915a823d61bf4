/** The longest version that is read, in UTF-16 code units. The longest in our feeds has 105; Debian's own tools set no limit. */
export const versionCharactersMax = 1024;

/** The longest range that is read, in UTF-16 code units. Advisories list dozens of intervals; the longest in our feeds has 600. */
export const rangeCharactersMax = 8192;
