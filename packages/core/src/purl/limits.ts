/** The longest package URL that is read, in UTF-16 code units: name, version and qualifiers of 1,024 each leave room to spare. */
export const purlCharactersMax = 8192;
